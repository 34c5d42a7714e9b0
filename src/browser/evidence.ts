import type { Page } from "playwright-core";
import type { Artifacts } from "../artifacts.ts";
import type { Artifact, Evidence } from "../outcome.ts";
import type { Redactor } from "../redact.ts";
import { plainUrl, withoutQueries } from "./plain-url.ts";
import { takeScreenshot } from "./take-screenshot.ts";
import { attempt } from "./waiting.ts";

export { watchConsole } from "./console-errors.ts";

export interface EvidenceOptions {
  page: Page;
  artifacts: Artifacts;
  runId: string;
  redactor: Redactor;
  /** As `watchConsole` gathered them. */
  consoleErrors?: readonly string[];
  /** Longest it may take in all, in milliseconds; 5,000 unless given. */
  withinMs?: number;
}

export type PageEvidence = Pick<Evidence, "screenshot" | "url" | "title" | "consoleErrors"> & {
  /** The screenshot, when there is one. */
  artifact?: Artifact;
};

/**
 * What there is to see of a failed run: a masked screenshot, the address without query, the title, the console's
 * errors. Never throws and never takes longer than its limit: what a hung or crashed page does not give is left out.
 */
export async function collectEvidence({
  page,
  artifacts,
  runId,
  redactor,
  consoleErrors = [],
  withinMs = 5_000,
}: EvidenceOptions): Promise<PageEvidence> {
  const clean = (text: string) => redactor.scrub(withoutQueries(text));
  const [artifact, title] = await Promise.all([
    attempt(withinMs, async () => {
      const png = await takeScreenshot({ page, redactor, withinMs });
      if (png === undefined) return undefined;
      return artifacts.put(runId, "failure.png", png, { kind: "screenshot", contentType: "image/png" });
    }),
    attempt(withinMs, () => page.title()),
  ]);
  return {
    url: redactor.scrub(plainUrl(page.url())),
    ...(title === undefined || title === "" ? {} : { title: clean(title) }),
    ...(consoleErrors.length === 0 ? {} : { consoleErrors: consoleErrors.map(clean) }),
    ...(artifact === undefined ? {} : { screenshot: artifact.name, artifact }),
  };
}
