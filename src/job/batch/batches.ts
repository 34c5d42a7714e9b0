import { type Kysely, sql } from "kysely";
import type { Tables } from "../../database/tables.ts";
import { Failure, type FailureCode } from "../../failure.ts";
import { isUuid } from "../../identity/identity-input.ts";
import type { RunStatus } from "../record/run-rows.ts";

/** Runs that were submitted together, and how far they have come. */
export interface Batch {
  id: string;
  project: string;
  name: string | null;
  total: number;
  createdAt: Date;
  /** When the last of its runs ended; null while one has not. */
  endedAt: Date | null;
  /** Its runs by status. */
  counts: Record<RunStatus, number>;
  /** Its failed runs by code. */
  failures: Partial<Record<FailureCode, number>>;
}

/** A run of a batch, as far as the batch's watchers are told. */
export interface BatchRun {
  id: string;
  flow: string;
  identityId: string;
  status: RunStatus;
  code: FailureCode | null;
}

export interface BatchFilter {
  project: string;
  limit?: number;
}

export type BatchStore = ReturnType<typeof createBatchStore>;

const none: Batch["counts"] = {
  queued: 0,
  deferred: 0,
  running: 0,
  waiting_for_code: 0,
  succeeded: 0,
  failed: 0,
};

/** Records a batch before its runs. */
export async function createBatch(
  db: Kysely<Tables>,
  batch: Pick<Batch, "id" | "project" | "name" | "total">,
): Promise<void> {
  await db.insertInto("batches").values(batch).execute();
}

/** The record of batches. What they came to is always counted from their runs. */
export function createBatchStore(db: Kysely<Tables>) {
  const select = () =>
    db
      .selectFrom("batches")
      .leftJoinLateral(
        (query) =>
          query
            .selectFrom(
              query
                .selectFrom("runs")
                .select([
                  "status",
                  sql<FailureCode | null>`outcome ->> 'code'`.as("code"),
                  sql<number>`count(*)::int`.as("runs"),
                  sql<Date | null>`max(ended_at)`.as("ended_at"),
                ])
                .whereRef("runs.batch_id", "=", "batches.id")
                .groupBy(["status", sql`outcome ->> 'code'`])
                .as("groups"),
            )
            .select([
              sql<{ status: RunStatus; code: FailureCode | null; runs: number }[]>`
                coalesce(jsonb_agg(jsonb_build_object('status', status, 'code', code, 'runs', runs)), '[]')
              `.as("groups"),
              sql<Date | null>`max(ended_at)`.as("last_ended_at"),
            ])
            .as("progress"),
        (join) => join.onTrue(),
      )
      .selectAll("batches")
      .select(["progress.groups", "progress.last_ended_at"]);

  const toBatch = (row: Awaited<ReturnType<ReturnType<typeof select>["execute"]>>[number]): Batch => {
    const groups = row.groups ?? [];
    const counts = { ...none };
    const failures: Batch["failures"] = {};
    for (const { status, code, runs } of groups) {
      counts[status] += runs;
      if (code !== null) failures[code] = runs;
    }
    const hasEnded = counts.succeeded + counts.failed === row.total;
    return {
      id: row.id,
      project: row.project,
      name: row.name,
      total: row.total,
      createdAt: row.created_at,
      endedAt: hasEnded ? (row.last_ended_at ?? row.created_at) : null,
      counts,
      failures,
    };
  };

  return {
    /** Some of its runs did not come into being: the batch is those that did. */
    async shrink(id: string): Promise<void> {
      const total = sql<number>`(select count(*) from runs where batch_id = ${id})`;
      await db.updateTable("batches").set({ total }).where("id", "=", id).execute();
    },

    /** @throws Failure `not_found` */
    async get(project: string, id: string): Promise<Batch> {
      const row = isUuid(id)
        ? await select().where("batches.id", "=", id).where("project", "=", project).executeTakeFirst()
        : undefined;
      if (row === undefined) throw new Failure("not_found", `There is no batch ${id}.`);
      return toBatch(row);
    },

    /** Newest first; 20 unless a limit is given, 200 at most. */
    async list({ project, limit = 20 }: BatchFilter): Promise<Batch[]> {
      const rows = await select()
        .where("project", "=", project)
        .orderBy("created_at", "desc")
        .limit(Math.min(limit, 200))
        .execute();
      return rows.map(toBatch);
    },

    /** The batch's runs, or those of them that are named, in the order they were asked for. */
    async runs(batchId: string, ids?: readonly string[]): Promise<BatchRun[]> {
      if (ids?.length === 0) return [];
      let query = db
        .selectFrom("runs")
        .select([
          "id",
          "flow",
          "identity_id",
          "status",
          sql<FailureCode | null>`outcome ->> 'code'`.as("code"),
        ])
        .where("batch_id", "=", batchId);
      if (ids !== undefined) query = query.where("id", "in", ids);
      const rows = await query.orderBy("batch_index").execute();
      return rows.map(({ identity_id: identityId, ...run }) => ({ ...run, identityId }));
    },
  };
}
