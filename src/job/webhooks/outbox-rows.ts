import { type Kysely, sql } from "kysely";
import type { Tables } from "../../database/tables.ts";
import type { Attempt } from "./send.ts";

/** A message taken to be sent, by this process alone until `claimMs` have passed. */
export interface Claimed {
  id: string;
  project: string;
  runId: string;
  type: string;
  url: string;
  host: string;
  body: string;
  /** Failed attempts so far. */
  attempts: number;
  claim: number;
}

const inMs = (ms: number) => sql<Date>`now() + ${Math.ceil(ms)} * interval '1 millisecond'`;
/** Due, and not in somebody's hands. */
const free = sql<boolean>`status = 'pending' and (claimed_until is null or claimed_until < now())`;

/**
 * Takes the message that has been due longest, but for the hosts that have enough under way. Whoever takes it and is
 * killed keeps it until `claimMs` have passed, by the database's clock.
 */
export async function claimNext(
  db: Kysely<Tables>,
  { busyHosts, claimMs }: { busyHosts: readonly string[]; claimMs: number },
): Promise<Claimed | undefined> {
  return await db
    .updateTable("webhook_deliveries")
    .set({ claimed_until: inMs(claimMs), claim: sql`claim + 1` })
    .where("id", "=", (from) =>
      from
        .selectFrom("webhook_deliveries")
        .select("id")
        .where(free)
        .where("due_at", "<=", sql<Date>`now()`)
        .where(sql<boolean>`host <> all(${[...busyHosts]}::text[])`)
        .orderBy("due_at")
        .limit(1)
        .forUpdate()
        .skipLocked(),
    )
    .returning(["id", "project", "run_id as runId", "type", "url", "host", "body", "attempts", "claim"])
    .executeTakeFirst();
}

/** In how many milliseconds the next message will be due; undefined where none is under way. */
export async function nextDue(db: Kysely<Tables>, busyHosts: readonly string[]): Promise<number | undefined> {
  const { rows } = await sql<{ ms: string | null }>`
    select extract(epoch from min(greatest(due_at, claimed_until)) - now()) * 1000 as ms
    from webhook_deliveries where status = 'pending' and host <> all(${[...busyHosts]}::text[])
  `.execute(db);
  const ms = rows[0]?.ms;
  return ms === null || ms === undefined ? undefined : Math.max(0, Number(ms));
}

/** What an attempt came to for its message. */
export type Verdict =
  | { status: "delivered" | "failed" }
  /** Next in so many milliseconds; `counts` unless the attempt was cut off by our own stopping. */
  | { status: "pending"; inMs: number; counts: boolean };

/** Writes down how an attempt went. Whoever lost the message to another meanwhile changes nothing but the log. */
export async function settle(
  db: Kysely<Tables>,
  { id, claim }: Pick<Claimed, "id" | "claim">,
  { attempt, verdict }: { attempt: Attempt; verdict: Verdict },
): Promise<void> {
  const dueAt = verdict.status === "pending" ? inMs(verdict.inMs) : sql<Date>`now()`;
  const counted = verdict.status !== "pending" || verdict.counts ? 1 : 0;
  await sql`
    with settled as (
      update webhook_deliveries
      set status = ${verdict.status}, attempts = attempts + ${counted}, due_at = ${dueAt}, claimed_until = null,
        ended_at = case when ${verdict.status === "pending"} then null else now() end
      where id = ${id} and claim = ${claim} and status = 'pending'
    )
    insert into webhook_attempts (delivery_id, at, duration_ms, status_code, error)
    select id, ${attempt.at}, ${attempt.durationMs}, ${attempt.statusCode ?? null}, ${attempt.error ?? null}
    from webhook_deliveries where id = ${id}
  `.execute(db);
}

/** Throws away what was told, or given up, more than so many days ago. @returns how many */
export async function removeOld(db: Kysely<Tables>, days: number): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom("webhook_deliveries")
    .where("ended_at", "<", sql<Date>`now() - ${days} * interval '1 day'`)
    .executeTakeFirst();
  return Number(numDeletedRows);
}
