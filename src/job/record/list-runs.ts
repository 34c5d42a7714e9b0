import { type Kysely, sql } from "kysely";
import type { RunRow, Tables } from "../../database/tables.ts";
import { Failure } from "../../failure.ts";
import { isUuid } from "../../identity/identity-input.ts";
import { type Run, toRun } from "./run-rows.ts";

export interface RunFilter {
  project: string;
  identityId?: string;
  flow?: string;
  status?: Run["status"];
  scheduleId?: string;
  batchId?: string;
  /** Those that have all of these. */
  tags?: Readonly<Record<string, string>>;
  createdAfter?: Date;
  createdBefore?: Date;
  /** 50 unless given, at most 1,000. */
  limit?: number;
  /** `nextCursor` of the page before. */
  cursor?: string;
}

export interface RunPage {
  items: Run[];
  /** Where the next page begins, or null on the last. */
  nextCursor: string | null;
}

/**
 * A page of a project's runs, newest first. Runs that are made meanwhile stand before the first page: no page shows one
 * twice or leaves one out.
 * @throws Failure `invalid_argument`
 */
export async function listRuns(db: Kysely<Tables>, filter: RunFilter): Promise<RunPage> {
  const { project, identityId, flow, status, scheduleId, tags, createdAfter, createdBefore, cursor } = filter;
  const limit = Math.min(Math.max(1, filter.limit ?? 50), 1_000);
  let query = db
    .selectFrom("runs")
    .selectAll()
    // Times are kept to the microsecond, a Date to the millisecond.
    .select(sql<string>`(extract(epoch from created_at) * 1000000)::bigint`.as("created_us"))
    .where("project", "=", project);
  if (identityId !== undefined) query = query.where("identity_id", "=", identityId);
  if (flow !== undefined) query = query.where("flow", "=", flow);
  if (status !== undefined) query = query.where("status", "=", status);
  if (scheduleId !== undefined) query = query.where("schedule_id", "=", scheduleId);
  if (filter.batchId !== undefined) query = query.where("batch_id", "=", filter.batchId);
  if (tags !== undefined && Object.keys(tags).length > 0) {
    // The second half is what the index is limited to.
    query = query.where(sql<boolean>`tags @> ${JSON.stringify(tags)}::jsonb and tags <> '{}'`);
  }
  if (createdAfter !== undefined) query = query.where("created_at", ">", createdAfter);
  if (createdBefore !== undefined) query = query.where("created_at", "<", createdBefore);
  if (cursor !== undefined) {
    const { createdUs, id } = readCursor(cursor);
    const at = sql<Date>`(timestamptz 'epoch' + ${createdUs}::bigint * interval '1 microsecond')`;
    query = query.where((expression) =>
      expression.and([
        expression("created_at", "<=", at),
        expression.or([expression("created_at", "<", at), expression("id", ">", id)]),
      ]),
    );
  }
  const rows = await query
    .orderBy("created_at", "desc")
    .orderBy("id")
    .limit(limit + 1)
    .execute();
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    items: page.map((row) => toRun(row)),
    nextCursor: rows.length > limit && last !== undefined ? cursorAfter(last) : null,
  };
}

function cursorAfter({ created_us, id }: RunRow & { created_us: string }): string {
  return Buffer.from(JSON.stringify([created_us, id])).toString("base64url");
}

function readCursor(cursor: string): { createdUs: string; id: string } {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
    if (Array.isArray(parsed)) {
      const [createdUs, id] = parsed as unknown[];
      if (
        typeof createdUs === "string" &&
        /^\d{1,17}$/.test(createdUs) &&
        typeof id === "string" &&
        isUuid(id)
      )
        return { createdUs, id };
    }
  } catch {
    // Falls through to the failure, which is the same for anything that is not a cursor.
  }
  throw new Failure("invalid_argument", "cursor: is not one that a page before this gave.");
}
