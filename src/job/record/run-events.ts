import { type Kysely, sql } from "kysely";
import type { Tables } from "../../database/tables.ts";
import type { EmitRunEvent, RunEvent } from "../../events.ts";
import type { Logger } from "../../log.ts";
import { storableJson } from "../storable.ts";
import { untilRecorded } from "./until-recorded.ts";

/** The channel that tells watchers of a run's new events; its payload is the run's id. */
export const runChannel = "latchkey_run";

/** A stored event: `seq` grows within a run, so a watcher can go on where it left off. */
export interface StoredRunEvent {
  seq: string;
  at: Date;
  event: RunEvent;
}

/** How many events may wait for a Postgres that is away; later ones are dropped, and said to be. */
const mostWaiting = 5_000;

/**
 * Writes a run's events behind its back, in order and in batches, so that telling never slows the work. While Postgres
 * is away they wait.
 */
export interface RunEventWriter {
  emit: EmitRunEvent;
  /** Resolves when everything emitted so far is stored, or could not be. */
  flush(): Promise<void>;
}

export function createRunEventWriter({
  db,
  runId,
  log,
  giveUp,
}: {
  db: Kysely<Tables>;
  runId: string;
  log: Logger;
  /** Ends the waiting for a Postgres that is away. */
  giveUp: AbortSignal;
}): RunEventWriter {
  let waiting: { at: Date; event: RunEvent }[] = [];
  let writing: Promise<void> | undefined;
  let dropped = 0;

  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        await untilRecorded(() => storeRunEvents(db, runId, batch), { signal: giveUp, log });
      } catch (error) {
        log.warn({ err: error, runId, events: batch.length }, "run events could not be stored");
      }
    }
    if (dropped > 0) log.warn({ runId, events: dropped }, "run events were dropped while Postgres was away");
    dropped = 0;
    writing = undefined;
  }

  return {
    emit(event) {
      if (waiting.length < mostWaiting) waiting.push({ at: new Date(), event });
      else dropped += 1;
      writing ??= Promise.resolve().then(drain);
    },
    async flush() {
      await writing;
    },
  };
}

/** Stores events and wakes the run's watchers, in one statement. */
async function storeRunEvents(
  db: Kysely<Tables>,
  runId: string,
  events: readonly { at: Date; event: RunEvent }[],
): Promise<void> {
  const rows = storableJson(events);
  await sql`
    with stored as (
      insert into run_events (run_id, at, event)
      select ${runId}::uuid, (item ->> 'at')::timestamptz, item -> 'event'
      from jsonb_array_elements(${rows}::jsonb) with ordinality as items (item, position)
      where exists (select from runs where id = ${runId}::uuid)
      order by position
    )
    select pg_notify(${runChannel}, ${runId})
  `.execute(db);
}

/** A run's events after `seq`, oldest first. */
export async function readRunEvents(
  db: Kysely<Tables>,
  runId: string,
  after = "0",
): Promise<StoredRunEvent[]> {
  const rows = await db
    .selectFrom("run_events")
    .select(["seq", "at", "event"])
    .where("run_id", "=", runId)
    .where("seq", ">", after)
    .orderBy("seq")
    .execute();
  return rows.map(({ seq, at, event }) => ({ seq, at, event: event as RunEvent }));
}
