import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BrowserContext } from "playwright-core";
import type { Artifacts } from "../artifacts.ts";
import type { Artifact } from "../outcome.ts";
import type { Redactor } from "../redact.ts";
import { scrubTrace } from "./scrub-trace.ts";

export interface TraceOptions {
  context: BrowserContext;
  artifacts: Artifacts;
  runId: string;
  redactor: Redactor;
  /** Told of the trace once it is stored. */
  onArtifact: (artifact: Artifact) => void;
}

/** A trace being recorded. Disposing of it stops the recording and stores the trace. */
export interface Trace extends AsyncDisposable {
  /** Stops and stores; undefined when the browser is gone and took the recording with it. Idempotent. */
  stop(): Promise<Artifact | undefined>;
}

/**
 * Records what happens in the context from now on: call it after the login. What is stored holds no request or
 * response body that a picture of the page does not need, no cookie, no query string and no secret the redactor
 * knows; `npx playwright-core show-trace --port 0` opens it. There is no film strip, because nothing could be masked in it.
 * @throws Failure `artifact_failed`, on stopping
 */
export async function startTrace({
  context,
  artifacts,
  runId,
  redactor,
  onArtifact,
}: TraceOptions): Promise<Trace> {
  await context.tracing.start({ snapshots: true, screenshots: false, sources: false });

  const stop = async (): Promise<Artifact | undefined> => {
    const folder = await mkdtemp(join(tmpdir(), "latchkey-trace-"));
    const recorded = join(folder, `${randomUUID()}.zip`);
    try {
      const stopped = await context.tracing.stop({ path: recorded }).then(
        () => true,
        () => false,
      );
      if (!stopped) return undefined;
      const scrubbed = await scrubTrace({ zipPath: recorded, redactor });
      const artifact = await artifacts.put(runId, "trace.zip", scrubbed, {
        kind: "trace",
        contentType: "application/zip",
      });
      onArtifact(artifact);
      return artifact;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };

  let stopping: Promise<Artifact | undefined> | undefined;
  const once = () => (stopping ??= stop());
  return {
    stop: once,
    async [Symbol.asyncDispose]() {
      await once();
    },
  };
}
