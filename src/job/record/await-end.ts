import type { Database } from "../../database/open.ts";
import { watchRun } from "./watch-run.ts";

/** Resolves when the run has ended, or `signal` is aborted. */
export async function awaitEnd(database: Database, runId: string, signal: AbortSignal): Promise<void> {
  for await (const { event } of watchRun(database, runId, { signal })) {
    if (event.type === "outcome") return;
  }
}
