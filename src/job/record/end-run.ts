import { type Kysely, sql } from "kysely";
import type { Tables } from "../../database/tables.ts";
import type { Outcome } from "../../outcome.ts";
import { storableJson } from "../storable.ts";
import { type RunUpdate, reported } from "./outbox.ts";
import { runChannel } from "./run-events.ts";

/**
 * Ends a run and tells its outcome, to those who watch and to those who have reports sent, all at once: a worker that
 * dies in between, or a Postgres that is restarted, leaves all of it or nothing. So a run has one outcome, one event
 * and one report of it.
 * @param hasWebhook false where it is known that nobody has it reported: then it is one statement
 * @returns whether there was a run to end
 */
export async function endRun(
  db: Kysely<Tables>,
  update: (on: Pick<Kysely<Tables>, "updateTable">) => RunUpdate,
  outcome: Outcome,
  { hasWebhook }: { hasWebhook: boolean },
): Promise<boolean> {
  const event = storableJson({ type: "outcome", outcome });
  if (hasWebhook) {
    return await reported(db, update, { type: `run.${outcome.status}` }, async (trx, { id }) => {
      await trx.insertInto("run_events").values({ run_id: id, event }).execute();
      await sql`select pg_notify(${runChannel}, ${id})`.execute(trx);
    });
  }
  const rows = await db
    .with("ended", (on) => update(on).returning("runs.id"))
    .with("told", (on) =>
      on
        .insertInto("run_events")
        .columns(["run_id", "event"])
        .expression((build) =>
          build.selectFrom("ended").select(["ended.id", sql<string>`${event}::jsonb`.as("event")]),
        ),
    )
    .selectFrom("ended")
    .select(sql`pg_notify(${runChannel}, ended.id::text)`.as("notified"))
    .execute();
  return rows.length > 0;
}
