import type { Kysely } from "kysely";
import type { Tables } from "../../database/tables.ts";
import { workingStatuses } from "../record/run-rows.ts";
import type { RunQueue } from "./queue.ts";

export interface DeferralDeps {
  db: Kysely<Tables>;
  queue: Pick<RunQueue, "promote">;
}

/**
 * How long a run whose identity is busy stays delayed if nobody wakes it, in milliseconds. Whoever ends a run of the
 * identity wakes the next, so this only matters after a crash: then the lease takes its time to lapse, too. Jittered,
 * so that a hundred runs put off together do not come back together.
 */
export function deferralDelay(leaseTtlMs: number): number {
  return Math.round(leaseTtlMs * (1 + Math.random()));
}

/** The identity of this run may be free: the run that has waited longest for it may come in. */
export async function promoteNext({ db, queue }: DeferralDeps, runId: string): Promise<void> {
  const next = await db
    .selectFrom("runs as ended")
    .innerJoin("runs as waiting", "waiting.identity_id", "ended.identity_id")
    .select("waiting.job_id")
    .where("ended.id", "=", runId)
    .where("waiting.status", "=", "deferred")
    .orderBy("waiting.created_at")
    .limit(1)
    .executeTakeFirst();
  if (next !== undefined) await queue.promote(next.job_id);
}

/**
 * A run has just been put off. If the run that held the identity ended meanwhile, its wake-up may have come too early
 * to find this one: then it wakes itself.
 */
export async function promoteIfFree({ db, queue }: DeferralDeps, runId: string): Promise<void> {
  const working = await db
    .selectFrom("runs as asking")
    .innerJoin("runs as working", "working.identity_id", "asking.identity_id")
    .select("working.id")
    .where("asking.id", "=", runId)
    .where("working.status", "in", workingStatuses)
    .limit(1)
    .executeTakeFirst();
  if (working === undefined) await promoteNext({ db, queue }, runId);
}
