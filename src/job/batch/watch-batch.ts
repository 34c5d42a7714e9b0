import type { Database } from "../../database/open.ts";
import { runChannel } from "../record/run-events.ts";
import type { Batch, BatchRun, BatchStore } from "./batches.ts";

/** How often progress is told at most, in milliseconds: a thousand runs may end in one moment. */
const quietMs = 200;
/** How long notifications may stay away before all of its runs are looked at all the same, in milliseconds. */
const pollMs = 2_000;

/** What happens in a batch, as told to whoever watches it. */
export type BatchEvent =
  /** How far it has come; first of all, and after each change. */
  | { type: "progress"; total: number; counts: Batch["counts"] }
  /** One of its runs has ended, or waits for a code. */
  | { type: "run"; run: BatchRun }
  /** All have ended. */
  | { type: "ended"; batch: Batch };

/**
 * Follows a batch to its end. Whoever comes late, or again, is told of every run that has ended so far, and then of the
 * others as they end.
 */
export async function* watchBatch(
  { database, batches }: { database: Database; batches: BatchStore },
  { project, id }: { project: string; id: string },
  signal: AbortSignal,
): AsyncGenerator<BatchEvent> {
  let wake = Promise.withResolvers<void>();
  const members = new Set<string>();
  const changed = new Set<string>();
  await using _listening = await database.listen(runChannel, (runId) => {
    if (!members.has(runId)) return;
    changed.add(runId);
    wake.resolve();
  });
  const stop = () => wake.resolve();
  signal.addEventListener("abort", stop, { once: true });

  const known = new Map<string, BatchRun["status"]>();
  const { total } = await batches.get(project, id);
  let lookedAtAll = 0;
  try {
    while (!signal.aborted) {
      const isDue = Date.now() - lookedAtAll >= pollMs;
      const looked = await batches.runs(id, isDue ? undefined : [...changed]);
      if (isDue) lookedAtAll = Date.now();
      changed.clear();
      const news = looked.filter(({ id: runId, status }) => known.get(runId) !== status);
      for (const { id: runId, status } of news) {
        members.add(runId);
        known.set(runId, status);
      }
      for (const run of news) if (isWorthTelling(run)) yield { type: "run", run };
      if (news.length > 0) yield { type: "progress", total, counts: countsOf(known) };
      if ([...known.values()].filter(hasEnded).length === total) {
        yield { type: "ended", batch: await batches.get(project, id) };
        return;
      }
      const timer = setTimeout(() => wake.resolve(), pollMs);
      await wake.promise;
      clearTimeout(timer);
      wake = Promise.withResolvers();
      if (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, quietMs));
    }
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

const hasEnded = (status: BatchRun["status"]) => status === "succeeded" || status === "failed";
const isWorthTelling = ({ status }: BatchRun) => hasEnded(status) || status === "waiting_for_code";

function countsOf(known: ReadonlyMap<string, BatchRun["status"]>): Batch["counts"] {
  const counts = { queued: 0, deferred: 0, running: 0, waiting_for_code: 0, succeeded: 0, failed: 0 };
  for (const status of known.values()) counts[status] += 1;
  return counts;
}
