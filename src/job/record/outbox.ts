import { type Kysely, sql, type UpdateQueryBuilder, type UpdateResult } from "kysely";
import type { RunRow, Tables } from "../../database/tables.ts";
import type { WaitingForCode } from "../../events.ts";
import { toRun } from "./run-rows.ts";
import { viewRun } from "./run-view.ts";

/** What is reported of a run, if somebody is to hear of it. */
export type RunNews =
  | { type: "run.succeeded" | "run.failed" }
  | { type: "run.waiting_for_code"; waiting: WaitingForCode };

/** The channel that tells deliverers of something to send; without a payload. */
export const webhookChannel = "latchkey_webhook";

export type RunUpdate = UpdateQueryBuilder<Tables, "runs", "runs", UpdateResult>;

/**
 * Changes a run and writes the report of it in one transaction: neither is there without the other, so that nothing is
 * lost between them and nothing told that did not happen.
 * @param also what else belongs into that transaction
 * @returns whether there was a row to change
 */
export async function reported(
  db: Kysely<Tables>,
  update: (on: Kysely<Tables>) => RunUpdate,
  news: RunNews,
  also?: (trx: Kysely<Tables>, row: RunRow) => Promise<void>,
): Promise<boolean> {
  return await db.transaction().execute(async (trx) => {
    const row = await update(trx).returningAll().executeTakeFirst();
    if (row === undefined) return false;
    await also?.(trx, row);
    if (row.webhook_url !== null) await addDelivery(trx, row, row.webhook_url, news);
    return true;
  });
}

async function addDelivery(trx: Kysely<Tables>, row: RunRow, url: string, news: RunNews): Promise<void> {
  const data = { ...viewRun(toRun(row)), ...("waiting" in news ? { waiting: news.waiting } : {}) };
  await trx
    .insertInto("webhook_deliveries")
    .values({
      project: row.project,
      run_id: row.id,
      type: news.type,
      url,
      host: new URL(url).host,
      body: webhookBody(news.type, data),
    })
    .execute();
  // Heard only once the transaction is committed.
  await sql`select pg_notify(${webhookChannel}, '')`.execute(trx);
}

/** A message in the form of the Standard Webhooks specification. */
export function webhookBody(type: string, data: object): string {
  return JSON.stringify({ type, timestamp: new Date().toISOString(), data });
}
