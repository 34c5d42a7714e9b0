import type { Kysely } from "kysely";
import type { Database } from "../database/open.ts";
import type { Tables } from "../database/tables.ts";
import { Failure } from "../failure.ts";
import { failedOutcome } from "../outcome.ts";
import type { RunQueue } from "./queue/queue.ts";
import { storeRunEvents } from "./record/run-events.ts";
import type { Run, RunStore } from "./record/runs.ts";

/** The channel on which workers hear that a run is to be cancelled; its payload is the run's id. */
export const cancelChannel = "latchkey_cancel";

export interface CancelDeps {
  database: Database;
  runs: RunStore;
  queue: RunQueue;
}

/**
 * Cancels a run: one that waits ends at once, one that a worker holds is stopped by that worker. A run that has ended
 * stays as it is.
 * @throws Failure `not_found`
 */
export async function cancelRun(
  { database, runs, queue }: CancelDeps,
  project: string,
  runId: string,
): Promise<Run> {
  const run = await runs.requestCancel(project, runId);
  if (run.endedAt !== null) return run;
  if (await queue.remove(run.jobId)) await endCancelled(database.kysely, runs, run.id);
  else await database.notify(cancelChannel, run.id);
  return runs.get(project, run.id);
}

/** Ends a run that was cancelled before any worker took it up. */
async function endCancelled(db: Kysely<Tables>, runs: RunStore, runId: string): Promise<void> {
  const outcome = failedOutcome(new Failure("cancelled", "The run was cancelled before it started."));
  if (await runs.endUnheld(runId, outcome)) {
    await storeRunEvents(db, runId, [{ at: new Date(), event: { type: "outcome", outcome } }]);
  }
}
