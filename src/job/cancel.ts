import type { Database } from "../database/open.ts";
import { Failure } from "../failure.ts";
import { type FailedOutcome, failedOutcome } from "../outcome.ts";
import type { RunQueue } from "./queue/queue.ts";
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
  if (await queue.remove(run.jobId)) await runs.endUnheld(run.id, cancelledUnstarted());
  else await database.notify(cancelChannel, run.id);
  return runs.get(project, run.id);
}

function cancelledUnstarted(): FailedOutcome {
  return failedOutcome(new Failure("cancelled", "The run was cancelled before it started."));
}
