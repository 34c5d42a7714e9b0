import type { RunQueue } from "./queue.ts";
import type { RunStore } from "./runs.ts";

/**
 * How long a run whose identity is busy stays delayed if nobody wakes it, in milliseconds. Whoever ends a run of the
 * identity wakes the next, so this only matters after a crash, or where the two cross.
 */
const fallbackMs = 2_000;

/** The fallback, with jitter: a hundred runs put off together do not come back together. */
export function deferralDelay(): number {
  return Math.round(fallbackMs * (1 + Math.random()));
}

/** The identity of this run may be free: the run that has waited longest for it may come in. */
export async function promoteNext(
  { runs, queue }: { runs: RunStore; queue: RunQueue },
  runId: string,
): Promise<void> {
  const next = await runs.nextDeferredJob(runId);
  if (next !== undefined) await queue.promote(next);
}

/**
 * A run has just been put off. If the run that held the identity ended meanwhile, its wake-up may have come too early
 * to find this one: then it wakes itself.
 */
export async function promoteIfFree(
  { runs, queue }: { runs: RunStore; queue: RunQueue },
  runId: string,
): Promise<void> {
  if (!(await runs.identityInUse(runId))) await promoteNext({ runs, queue }, runId);
}
