import { Failure } from "../../failure.ts";
import { failedOutcome } from "../../outcome.ts";
import type { RunStore } from "../record/runs.ts";

/** How often a run may lose its worker before it is taken for what kills them. */
export const mostStalls = 3;

/** Whether BullMQ gave a job up because its workers died under it too often. */
export function isStalledTooOften(failedReason: string): boolean {
  return failedReason.includes("stalled more than");
}

/** Ends the run of such a job; nothing happens if it has ended. */
export async function endLost(runs: RunStore, jobId: string): Promise<void> {
  const runId = await runs.idOfJob(jobId);
  if (runId === undefined) return;
  const failure = new Failure(
    "worker_lost",
    `The run lost its worker ${mostStalls + 1} times; it is not tried again.`,
    { retryable: false },
  );
  await runs.endUnheld(runId, failedOutcome(failure));
}
