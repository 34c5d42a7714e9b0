import { type CancelDeps, cancelRun } from "../cancel.ts";
import type { Batch, BatchStore } from "./batches.ts";

/** Runs that are cancelled at the same time: each is a message to the queue and a row. */
const atOnce = 10;

/**
 * Cancels what has not ended of a batch; what a worker holds ends when that worker has heard of it.
 * @throws Failure `not_found`
 */
export async function cancelBatch(
  deps: CancelDeps & { batches: BatchStore },
  { project, id }: { project: string; id: string },
): Promise<Batch> {
  await deps.batches.get(project, id);
  const runs = await deps.batches.runs(id);
  const going = runs.filter(({ status }) => status !== "succeeded" && status !== "failed");
  const cancelNext = async () => {
    for (let run = going.pop(); run !== undefined; run = going.pop()) await cancelRun(deps, project, run.id);
  };
  await Promise.all(Array.from({ length: atOnce }, cancelNext));
  return deps.batches.get(project, id);
}
