import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { createArtifacts } from "../../src/artifacts.ts";
import { createFlowFiles } from "../../src/browser/files.ts";
import type { Session } from "../../src/browser/session.ts";
import type { Flow } from "../../src/flow.ts";
import { checkSchema } from "../../src/job/catalogue/check-schema.ts";
import { createSteps } from "../../src/job/run/flow-context.ts";
import { createLogger } from "../../src/log.ts";
import { createRedactor } from "../../src/redact.ts";
import { testOpenSession, testPool } from "./chromium.ts";

/** Runs flows in real sessions with a real artifact store, without a queue, an identity or a login. */
export interface FlowRunner extends AsyncDisposable {
  /** A new session, signed in to nothing; closed by whoever asked for it. */
  open(): Promise<Session>;
  /** The flow's checked result; the input goes through its schema as a job's does. */
  run<Input, Output>(
    flow: Flow<Input, Output>,
    options: { session: Session; sourceUrl: string; input?: unknown },
  ): Promise<Output>;
  /** What the flow that ran last stored under that name. */
  stored(name: string): Promise<Buffer>;
}

export async function startFlowRunner(): Promise<FlowRunner> {
  const folder = await mkdtemp(join(tmpdir(), "latchkey-flows-"));
  const redactor = createRedactor();
  const log = createLogger({ level: "silent", format: "json", redactor });
  const pool = testPool();
  const openSession = testOpenSession(pool);
  const artifacts = createArtifacts({ dir: folder });
  const { signal } = new AbortController();
  let runId = "";

  return {
    open: () => openSession({ signal }),

    async run(flow, { session, sourceUrl, input }) {
      runId = randomUUID();
      const checked = await checkSchema(flow.input, input, { code: "invalid_input", what: "The input" });
      const result = await flow.run({
        page: session.page,
        context: session.context,
        session,
        input: checked,
        identity: { id: randomUUID(), name: "tester", sourceUrl, metadata: {} },
        step: createSteps(signal, () => {}).step,
        files: createFlowFiles({ artifacts, runId, redactor, onArtifact: () => {} }),
        log,
        signal,
      });
      return checkSchema(flow.output, result, { code: "invalid_output", what: "The result" });
    },

    async stored(name) {
      return buffer((await artifacts.read(runId, name)).stream);
    },

    async [Symbol.asyncDispose]() {
      await pool.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
