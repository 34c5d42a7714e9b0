import type { Logger } from "../../log.ts";
import type { RunStore } from "../record/runs.ts";
import type { RunQueue } from "./queue.ts";

/** A run younger than this may be on its way into the queue right now; in milliseconds. */
const settledMs = 60_000;

/**
 * Queues again the runs the queue has forgotten: a producer died between recording and queueing, or a Redis without
 * persistence was restarted. A run's id is its job's, so what is queued already is not queued twice.
 * @returns how many were queued again
 */
export async function requeueForgotten({
  runs,
  queue,
  log,
}: {
  runs: RunStore;
  queue: RunQueue;
  log: Logger;
}): Promise<number> {
  let requeued = 0;
  for (const { id, jobId, job, maxAttempts } of await runs.unended(settledMs)) {
    if ((await queue.state(jobId)) !== "unknown") continue;
    await queue.add(id, job, { attempts: maxAttempts });
    requeued += 1;
    log.warn({ runId: id }, "a run the queue had forgotten is queued again");
  }
  return requeued;
}
