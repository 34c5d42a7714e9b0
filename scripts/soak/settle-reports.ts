import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import { webhookChannel } from "../../src/job/record/outbox.ts";
import type { Ground } from "./ground.ts";

const withinMs = 60_000;

/** Has the reports that wait out a pause sent now: the receiver is up again, and a soak need not wait for a day. */
export async function settleReports({ parts }: Ground): Promise<void> {
  const { database } = await parts.store();
  const over = performance.now() + withinMs;
  while (performance.now() < over) {
    const { rows } = await sql<{ id: string }>`
      update webhook_deliveries set due_at = now()
      where status = 'pending' and (claimed_until is null or claimed_until < now()) returning id
    `.execute(database.kysely);
    const { rows: pending } = await sql`select from webhook_deliveries where status = 'pending'`.execute(
      database.kysely,
    );
    if (pending.length === 0) return;
    if (rows.length > 0) await database.notify(webhookChannel, "");
    await sleep(500);
  }
}
