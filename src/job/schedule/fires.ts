import { type Kysely, type Selectable, sql } from "kysely";
import type { Tables } from "../../database/tables.ts";
import type { FailureCode } from "../../failure.ts";
import type { Fire } from "./schedule-rows.ts";

/** How many of a schedule's times are remembered. */
const kept = 100;

/** Writes down what a time came to; of a time that came twice, what it came to first. */
export async function recordFire(
  kysely: Kysely<Tables>,
  scheduleId: string,
  { fireAt, byHand, result, runId, code, reason }: Fire,
): Promise<void> {
  await sql`
    with written as (
      insert into schedule_fires (schedule_id, fire_at, by_hand, result, run_id, code, reason)
      select id, ${fireAt}, ${byHand}, ${result}, ${runId}, ${code}, ${reason}
      from schedules where id = ${scheduleId}
      on conflict (schedule_id, fire_at) do nothing
    )
    delete from schedule_fires where schedule_id = ${scheduleId} and fire_at < (
      select fire_at from schedule_fires where schedule_id = ${scheduleId}
      order by fire_at desc offset ${kept} limit 1
    )
  `.execute(kysely);
}

/** What a schedule's last times came to, newest first. */
export async function listFires(kysely: Kysely<Tables>, scheduleId: string, limit: number): Promise<Fire[]> {
  const rows = await kysely
    .selectFrom("schedule_fires")
    .selectAll()
    .where("schedule_id", "=", scheduleId)
    .orderBy("fire_at", "desc")
    .limit(limit)
    .execute();
  return rows.map(toFire);
}

/** The last of each schedule. */
export async function lastFires(kysely: Kysely<Tables>, ids: string[]): Promise<Map<string, Fire>> {
  const rows = await kysely
    .selectFrom("schedule_fires")
    .distinctOn("schedule_id")
    .selectAll()
    .where("schedule_id", "in", ids)
    .orderBy("schedule_id")
    .orderBy("fire_at", "desc")
    .execute();
  return new Map(rows.map((row) => [row.schedule_id, toFire(row)]));
}

function toFire(row: Selectable<Tables["schedule_fires"]>): Fire {
  return {
    fireAt: row.fire_at,
    byHand: row.by_hand,
    result: row.result,
    runId: row.run_id,
    code: row.code as FailureCode | null,
    reason: row.reason,
  };
}
