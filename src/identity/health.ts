import { type Kysely, sql } from "kysely";
import type { Tables } from "../database/tables.ts";
import type { FailureCode } from "../failure.ts";
import { isExpiring } from "./states/state-expiry.ts";
import type { Identity } from "./types.ts";

/**
 * - `unknown`: nobody has looked yet, or its credentials were changed since.
 * - `healthy`: it was signed in at the last look.
 * - `expiring`: it was, but its saved state is about to end.
 * - `needs_attention`: it can be signed in by nobody but a person.
 */
export type HealthState = "unknown" | "healthy" | "expiring" | "needs_attention";

export interface Health {
  state: HealthState;
  /** Why, in our own words. */
  reason: string;
  code: FailureCode | null;
  /** Since when it is so. */
  since: Date | null;
  /** When it was last seen to be so. */
  seenAt: Date | null;
  /** The run that saw it. */
  runId: string | null;
  /** What came of a later look that could not tell, such as that the site did not answer. */
  note: string | null;
  noteAt: Date | null;
  /** When its saved state certainly ends, where that is known. */
  lapsesAt: Date | null;
}

/** What a look at an identity found. `unsure`: it could not tell. */
export interface Finding {
  state: "healthy" | "needs_attention" | "unsure";
  reason: string;
  code: FailureCode | null;
  /** A finding that may be a fluke: it counts when the next look finds the same. */
  confirm?: boolean;
}

/** A row of the history as it is joined to its identity. */
export interface HealthRow {
  at: string | Date;
  seen_at: string | Date;
  state: "unknown" | "healthy" | "needs_attention";
  reason: string;
  code: string | null;
  run_id: string | null;
  note: string | null;
  note_at: string | Date | null;
}

/** How many entries of an identity's history are kept. */
const kept = 200;

/** What is known of an identity's health now: the newest entry, its status, and the clock. */
export function currentHealth(
  row: HealthRow | null,
  {
    status,
    statusReason,
    statusAt,
    stateCapturedAt,
    stateLapsesAt,
  }: Pick<Identity, "status" | "statusReason" | "statusAt" | "stateCapturedAt"> & {
    stateLapsesAt: Date | null;
  },
  now = Date.now(),
): Health {
  const none = { code: null, since: null, seenAt: null, runId: null, note: null, noteAt: null };
  const lapses = { lapsesAt: stateLapsesAt };
  const fresh = row === null || (status === "pending" && new Date(row.seen_at) < statusAt) ? null : row;
  if (fresh === null && status !== "failed")
    return { ...none, ...lapses, state: "unknown", reason: "Nobody has looked yet." };
  if (status === "failed" && fresh?.state !== "needs_attention")
    return {
      ...none,
      ...lapses,
      state: "needs_attention",
      reason: `The site refused its credentials (${statusReason ?? "failed"}).`,
      since: statusAt,
      seenAt: statusAt,
    };
  if (fresh === null) return { ...none, ...lapses, state: "unknown", reason: "Nobody has looked yet." };
  const seen = {
    code: fresh.code as FailureCode | null,
    since: new Date(fresh.at),
    seenAt: new Date(fresh.seen_at),
    runId: fresh.run_id,
    note: fresh.note,
    noteAt: fresh.note_at === null ? null : new Date(fresh.note_at),
    ...lapses,
  };
  if (fresh.state === "healthy" && stateLapsesAt !== null && stateCapturedAt !== null) {
    const ends = { capturedAt: stateCapturedAt, endsAt: stateLapsesAt };
    if (isExpiring(ends, now))
      return {
        ...seen,
        state: "expiring",
        reason: `The last cookie of its login ${stateLapsesAt.getTime() > now ? "ends" : "ended"} at ${stateLapsesAt.toISOString()}.`,
      };
  }
  return { ...seen, state: fresh.state, reason: fresh.reason };
}

interface Look {
  /** Of the identity. */
  id: string;
  finding: Finding;
  runId: string;
  /** `Identity.credentialsVersion` as the run read it. */
  credentialsVersion: number;
}

/**
 * Writes down what a look found. The same as before is one entry, seen again; what could not be told is a note on it.
 * Nothing is written when the identity's credentials were replaced since the look began.
 */
export async function recordHealth(
  kysely: Kysely<Tables>,
  { id, finding, runId, credentialsVersion }: Look,
): Promise<void> {
  if (await seenAgain(kysely, { id, finding, runId, credentialsVersion })) return;
  await kysely.transaction().execute(async (trx) => {
    const identity = await trx
      .selectFrom("identities")
      .select("id")
      .where("id", "=", id)
      .where("credentials_version", "=", credentialsVersion)
      .forUpdate()
      .executeTakeFirst();
    if (identity === undefined) return;
    const last = await trx
      .selectFrom("identity_health")
      .selectAll()
      .where("identity_id", "=", id)
      .orderBy("id", "desc")
      .limit(1)
      .executeTakeFirst();
    const { state, reason, code } = finding;
    const confirmed = finding.confirm !== true || last?.note_code === code || last?.code === code;
    if (state === "unsure" || !confirmed) {
      const entry =
        last?.id ??
        (
          await trx
            .insertInto("identity_health")
            .values({ identity_id: id, state: "unknown", reason: "No look could tell yet.", run_id: runId })
            .returning("id")
            .executeTakeFirstOrThrow()
        ).id;
      await trx
        .updateTable("identity_health")
        .set({ note: reason, note_code: code, note_at: sql`now()` })
        .where("id", "=", entry)
        .execute();
      return;
    }
    await trx
      .insertInto("identity_health")
      .values({ identity_id: id, state, reason, code, run_id: runId })
      .execute();
    await sql`
      delete from identity_health where identity_id = ${id} and id < (
        select id from identity_health where identity_id = ${id} order by id desc offset ${kept} limit 1
      )
    `.execute(trx);
  });
}

/** The usual case, in one query: the look found what the one before it found. */
async function seenAgain(
  kysely: Kysely<Tables>,
  { id, finding, runId, credentialsVersion }: Look,
): Promise<boolean> {
  if (finding.state === "unsure") return false;
  const { numUpdatedRows } = await kysely
    .updateTable("identity_health")
    .set({ seen_at: sql<Date>`now()`, run_id: runId, note: null, note_code: null, note_at: null })
    .where("id", "=", (query) =>
      query
        .selectFrom("identity_health as newest")
        .select("newest.id")
        .where("newest.identity_id", "=", id)
        .orderBy("newest.id", "desc")
        .limit(1),
    )
    .where("state", "=", finding.state)
    .where("reason", "=", finding.reason)
    .where((where) =>
      where.exists(
        where
          .selectFrom("identities")
          .select("identities.id")
          .where("identities.id", "=", id)
          .where("credentials_version", "=", credentialsVersion),
      ),
    )
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** An entry of an identity's history. */
export interface HealthEntry {
  at: Date;
  seenAt: Date;
  state: Exclude<HealthState, "expiring">;
  reason: string;
  code: FailureCode | null;
  runId: string | null;
  note: string | null;
  noteAt: Date | null;
}

/** What an identity was found to be, newest first. */
export async function healthHistory(
  kysely: Kysely<Tables>,
  identityId: string,
  limit = 50,
): Promise<HealthEntry[]> {
  const rows = await kysely
    .selectFrom("identity_health")
    .selectAll()
    .where("identity_id", "=", identityId)
    .orderBy("id", "desc")
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    at: row.at,
    seenAt: row.seen_at,
    state: row.state,
    reason: row.reason,
    code: row.code as FailureCode | null,
    runId: row.run_id,
    note: row.note,
    noteAt: row.note_at,
  }));
}
