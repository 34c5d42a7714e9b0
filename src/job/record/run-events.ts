import { type Kysely, sql } from "kysely";
import type { Tables } from "../../database/tables.ts";
import type { EmitRunEvent, RunEvent } from "../../events.ts";
import type { Logger } from "../../log.ts";

/** The channel that tells watchers of a run's new events; its payload is the run's id. */
export const runChannel = "latchkey_run";

/** A stored event: `seq` grows within a run, so a watcher can go on where it left off. */
export interface StoredRunEvent {
  seq: string;
  at: Date;
  event: RunEvent;
}

/** Writes a run's events behind its back, in order and in batches, so that telling never slows the work. */
export interface RunEventWriter {
  emit: EmitRunEvent;
  /** Resolves when everything emitted so far is stored, or could not be. */
  flush(): Promise<void>;
}

export function createRunEventWriter({
  db,
  runId,
  log,
}: {
  db: Kysely<Tables>;
  runId: string;
  log: Logger;
}): RunEventWriter {
  let waiting: { at: Date; event: RunEvent }[] = [];
  let writing: Promise<void> | undefined;

  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        await storeRunEvents(db, runId, batch);
      } catch (error) {
        log.warn({ err: error, runId, events: batch.length }, "run events could not be stored");
      }
    }
    writing = undefined;
  }

  return {
    emit(event) {
      waiting.push({ at: new Date(), event });
      writing ??= Promise.resolve().then(drain);
    },
    async flush() {
      await writing;
    },
  };
}

/** Stores events and wakes the run's watchers, in one statement. */
export async function storeRunEvents(
  db: Kysely<Tables>,
  runId: string,
  events: readonly { at: Date; event: RunEvent }[],
): Promise<void> {
  const rows = JSON.stringify(events);
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
