import { type Kysely, type SelectQueryBuilder, sql } from "kysely";
import type { Tables } from "../../database/tables.ts";
import { Failure } from "../../failure.ts";
import { webhookChannel } from "../record/outbox.ts";

/** A report of a run, and how telling it went. Times as ISO 8601 texts. */
export interface Delivery {
  /** The message's id too: the header `webhook-id`. */
  id: string;
  runId: string;
  type: string;
  url: string;
  /** `pending`: under way, or to be tried again at `dueAt`. `failed`: given up. */
  status: "pending" | "delivered" | "failed";
  /** Attempts in all. */
  attempts: number;
  /** When the next attempt is due; null where none is. */
  dueAt: string | null;
  createdAt: string;
  endedAt: string | null;
  /** How the last attempt went; null before the first. */
  lastAttempt: DeliveryAttempt | null;
}

export interface DeliveryAttempt {
  at: string;
  durationMs: number;
  /** Null where no answer came. */
  statusCode: number | null;
  /** Null for a success. */
  error: string | null;
}

/** A delivery with everything: what is sent, and each attempt, oldest first. */
export interface DeliveryDetail extends Delivery {
  body: unknown;
  log: DeliveryAttempt[];
}

export interface DeliveryFilter {
  project: string;
  runId?: string;
  status?: Delivery["status"];
  /** 50 unless given, 1,000 at most. */
  limit?: number;
}

/** Newest first. */
export async function listDeliveries(
  db: Kysely<Tables>,
  { project, runId, status, limit = 50 }: DeliveryFilter,
): Promise<Delivery[]> {
  let query = withLastAttempt(db).where("d.project", "=", project);
  if (runId !== undefined) query = query.where("d.run_id", "=", runId);
  if (status !== undefined) query = query.where("d.status", "=", status);
  const rows = await query
    .orderBy("d.created_at", "desc")
    .orderBy("d.id")
    .limit(Math.min(limit, 1_000))
    .execute();
  return rows.map(toDelivery);
}

/** @throws Failure `not_found` */
export async function getDelivery(db: Kysely<Tables>, project: string, id: string): Promise<DeliveryDetail> {
  const row = isUuid(id)
    ? await withLastAttempt(db)
        .select("d.body")
        .where("d.project", "=", project)
        .where("d.id", "=", id)
        .executeTakeFirst()
    : undefined;
  if (row === undefined) throw new Failure("not_found", `There is no webhook delivery ${id}.`);
  const log = await db
    .selectFrom("webhook_attempts")
    .select(["at", "duration_ms as durationMs", "status_code as statusCode", "error"])
    .where("delivery_id", "=", id)
    .orderBy("id")
    .execute();
  return {
    ...toDelivery(row),
    body: JSON.parse(row.body) as unknown,
    log: log.map((attempt) => ({ ...attempt, at: attempt.at.toISOString() })),
  };
}

/** Which deliveries are to be sent again. */
export type Redelivery =
  | { project: string; id: string }
  | { project: string; runId: string }
  /** Every one that was given up. */
  | { project: string; failed: true };

/**
 * Makes deliveries due at once, with a whole day of attempts before them, whether they had succeeded, failed or not yet
 * come to an end. The message keeps its id, so a receiver that has it can tell.
 * @returns the ids of those that will be sent
 * @throws Failure `not_found` for a single delivery that there is not
 */
export async function redeliver(db: Kysely<Tables>, which: Redelivery): Promise<string[]> {
  const notFound = (id: string) => new Failure("not_found", `There is no webhook delivery ${id}.`);
  if ("id" in which && !isUuid(which.id)) throw notFound(which.id);
  let update = db
    .updateTable("webhook_deliveries")
    .set({ status: "pending", attempts: 0, due_at: sql`now()`, ended_at: null })
    .where("project", "=", which.project);
  if ("id" in which) update = update.where("id", "=", which.id);
  else if ("runId" in which) update = update.where("run_id", "=", which.runId);
  else update = update.where("status", "=", "failed");
  const rows = await update.returning("id").execute();
  if ("id" in which && rows.length === 0) throw notFound(which.id);
  await sql`select pg_notify(${webhookChannel}, '')`.execute(db);
  return rows.map(({ id }) => id);
}

function withLastAttempt(db: Kysely<Tables>) {
  return db
    .selectFrom("webhook_deliveries as d")
    .leftJoinLateral(
      (from) =>
        from
          .selectFrom("webhook_attempts")
          .select((a) => [
            "at",
            "duration_ms",
            "status_code",
            "error",
            a.fn.agg<string>("count", [sql`1`]).over().as("count"),
          ])
          .whereRef("delivery_id", "=", "d.id")
          .orderBy("id", "desc")
          .limit(1)
          .as("last"),
      (join) => join.onTrue(),
    )
    .select([
      "d.id",
      "d.run_id",
      "d.type",
      "d.url",
      "d.status",
      "d.due_at",
      "d.created_at",
      "d.ended_at",
      "last.at",
      "last.duration_ms",
      "last.status_code",
      "last.error",
      "last.count",
    ]);
}

type DeliveryRow =
  ReturnType<typeof withLastAttempt> extends SelectQueryBuilder<infer _D, infer _T, infer R> ? R : never;

function toDelivery(row: DeliveryRow): Delivery {
  return {
    id: row.id,
    runId: row.run_id,
    type: row.type,
    url: row.url,
    status: row.status,
    attempts: Number(row.count ?? 0),
    dueAt: row.status === "pending" ? row.due_at.toISOString() : null,
    createdAt: row.created_at.toISOString(),
    endedAt: row.ended_at?.toISOString() ?? null,
    lastAttempt:
      row.at === null
        ? null
        : {
            at: row.at.toISOString(),
            durationMs: row.duration_ms ?? 0,
            statusCode: row.status_code,
            error: row.error,
          },
  };
}

const isUuid = (text: string) => /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text);
