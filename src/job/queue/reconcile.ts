import type { Kysely } from "kysely";
import type { Tables } from "../../database/tables.ts";
import type { Logger } from "../../log.ts";
import type { RunStore, UnheldRun } from "../record/runs.ts";
import { promoteIfFree } from "./deferral.ts";
import { endLost, isStalledTooOften } from "./end-lost.ts";
import type { RunQueue } from "./queue.ts";

/** A run younger than this may be on its way into the queue right now; in milliseconds. */
const onItsWayMs = 60_000;

export interface ReconcileDeps {
  db: Kysely<Tables>;
  runs: RunStore;
  queue: RunQueue;
  log: Logger;
  /** Runs younger than this are left alone; in milliseconds. */
  settledMs?: number;
}

/**
 * Goes through the runs that have not ended and that no living worker holds, and sees that each will come to its end:
 *
 * - what the queue has forgotten is queued again: its producer died between recording and queueing, or a Redis without
 *   persistence was restarted. A run's id is its job's, so what is queued already is not queued twice;
 * - so is what the queue takes for done: its worker could answer the queue, but not record;
 * - what lost its workers too often is ended;
 * - what waits for an identity that nobody holds is woken.
 *
 * @returns how many were queued again
 */
export async function reconcile(deps: ReconcileDeps): Promise<number> {
  const { runs, settledMs = onItsWayMs } = deps;
  let requeued = 0;
  let after: string | undefined;
  for (;;) {
    const page = await runs.unheld({ olderThanMs: settledMs, ...(after === undefined ? {} : { after }) });
    for (const run of page) if (await settle(deps, run)) requeued += 1;
    after = page.at(-1)?.id;
    if (after === undefined) return requeued;
  }
}

/** @returns whether the run was queued again */
async function settle({ db, runs, queue, log }: ReconcileDeps, run: UnheldRun): Promise<boolean> {
  const { state, failedReason = "" } = await queue.look(run.jobId);
  if (state === "failed" && isStalledTooOften(failedReason)) {
    await endLost(runs, run.jobId);
    return false;
  }
  if (state === "delayed" && run.status === "deferred") await promoteIfFree({ db, queue }, run.id);
  if (state !== "unknown" && state !== "completed" && state !== "failed") return false;
  if (state !== "unknown") await queue.remove(run.jobId);
  await queue.add(run.id, run.job, { attempts: run.maxAttempts });
  log.warn({ runId: run.id, state }, "a run the queue had forgotten is queued again");
  return true;
}
