import { type Kysely, sql } from "kysely";
import type { Tables } from "../../database/tables.ts";
import { workingStatuses } from "../record/run-rows.ts";
import { sessionLease } from "../run/claim-identity.ts";
import type { RunQueue } from "./queue.ts";

export interface DeferralDeps {
  db: Kysely<Tables>;
  queue: Pick<RunQueue, "promote">;
}

/** How soon the first in line looks again whether what is no run has let go of the identity, in milliseconds. */
const soonMs = 1_000;

/**
 * How long a run whose identity is busy stays delayed if nobody wakes it, in milliseconds. Whoever ends a run of the
 * identity wakes the next, so this only matters after a crash: then the lease takes its time to lapse, too. A session
 * that was handed out wakes nobody: then the run that has waited longest looks by itself, again and again. Jittered, so
 * that a hundred runs put off together do not come back together.
 */
export async function deferralDelay(
  { db }: Pick<DeferralDeps, "db">,
  { runId, leaseTtlMs }: { runId: string; leaseTtlMs: number },
): Promise<number> {
  const other = await db
    .selectFrom("runs as asking")
    .innerJoin("runs as other", "other.identity_id", "asking.identity_id")
    .select("other.id")
    .where("asking.id", "=", runId)
    .whereRef("other.id", "!=", "asking.id")
    .where((eb) =>
      eb.or([
        eb("other.status", "in", workingStatuses),
        eb.and([
          eb("other.status", "=", "deferred"),
          eb("other.created_at", "<", eb.ref("asking.created_at")),
        ]),
      ]),
    )
    .limit(1)
    .executeTakeFirst();
  const ms = other === undefined ? Math.min(soonMs, leaseTtlMs) : leaseTtlMs;
  return Math.round(ms * (1 + Math.random()));
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
 * to find this one: then it wakes itself. But where something that is no run holds it, that would go round in circles.
 */
export async function promoteIfFree({ db, queue }: DeferralDeps, runId: string): Promise<void> {
  const { rows } = await sql`
    select from runs asking where asking.id = ${runId}
      and not exists (
        select from runs working
        where working.identity_id = asking.identity_id and working.status = any(${[...workingStatuses]}::text[])
      )
      and not exists (
        select from leases l
        where l.name = ${sessionLease("")} || asking.identity_id and l.expires_at > clock_timestamp()
      )
  `.execute(db);
  if (rows.length > 0) await promoteNext({ db, queue }, runId);
}
