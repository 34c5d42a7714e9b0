import { type Kysely, sql } from "kysely";
import type { Tables } from "../../database/tables.ts";
import type { RunEvent } from "../../events.ts";
import { isUuid } from "../../identity/identity-input.ts";
import { type NewRun, newRunRow } from "./new-run-row.ts";

/** How long a repeated request is the run that the first one made. */
const repeatableFor = sql`interval '24 hours'`;

/** What makes a repeated request the same run. */
export interface Idempotency {
  /** The caller's own name for the request; of the run's project. */
  key: string;
  /** SHA-256 of what was asked for, in hex. */
  fingerprint: string;
}

/** A run to insert; its job names the identity by id or name. */
export interface InsertedRun extends NewRun {
  idempotency?: Idempotency;
  /** Whether its identity may be one that only a provider has: then its id is taken as it is. */
  isElsewhere?: boolean;
}

export interface Inserted {
  identityId: string;
  createdAt: Date;
}

/** Inserts a run whose identity may be gone. The same id twice is one run. */
export async function insertRun(db: Kysely<Tables>, row: ReturnType<typeof newRunRow>): Promise<void> {
  const columns = sql.join(Object.keys(row).map((column) => sql.ref(column)));
  await sql`
    insert into runs (${columns})
    select ${columns} from jsonb_populate_record(null::runs, ${JSON.stringify(row)}::jsonb)
    on conflict (id) do nothing
  `.execute(db);
}

/**
 * Inserts runs with their first event, in one statement however many they are, and however many of them are new. At
 * most one of them may have the same idempotency key within a project.
 * @param texts what `insertionText` made of each
 * @returns by run id; absent are those whose identity is unknown, whose id is taken, or whose idempotency key is
 */
export async function insertRuns(
  db: Kysely<Tables>,
  { columns, texts }: { columns: readonly string[]; texts: readonly string[] },
): Promise<Map<string, Inserted>> {
  const names = sql.join(columns.map((column) => sql.ref(column)));
  const values = sql.join(
    columns.map((column) => (column === "identity_id" ? sql`owner::text` : sql`(run).${sql.ref(column)}`)),
  );
  const event: RunEvent = { type: "queued" };
  const { rows } = await sql<{ id: string; identity_id: string; created_at: Date }>`
    with given as (
      select jsonb_populate_record(null::runs, item -> 'run') as run,
        (item ->> 'byId')::uuid as by_id, item ->> 'byName' as by_name,
        (item ->> 'isElsewhere')::boolean as is_elsewhere,
        item ->> 'key' as key, decode(item ->> 'fingerprint', 'hex') as fingerprint
      from jsonb_array_elements(${`[${texts.join(",")}]`}::jsonb) as items (item)
    ),
    found as (
      select given.*, coalesce(
        (
          select i.id from identities i
          where i.id = by_id and i.project = (run).project
          -- One that is half-made is its own visit's only.
          and (i.visit_id is null or exists (
            select from connect_visits v where v.id = i.visit_id and v.run_id = (run).id
          ))
        ),
        (
          select i.id from identities i
          where i.project = (run).project and i.name = by_name and i.visit_id is null
        ),
        case when is_elsewhere then by_id end
      ) as owner
      from given
    ),
    claimed as (
      insert into idempotency_keys as known (project, key, fingerprint, run_id)
      select (run).project, key, fingerprint, (run).id from found
      where owner is not null and key is not null
      -- In one order, or two servers would wait for each other.
      order by 1, 2
      on conflict (project, key) do update
        set fingerprint = excluded.fingerprint, run_id = excluded.run_id, created_at = now()
        where known.created_at < now() - ${repeatableFor}
      returning run_id
    ),
    inserted as (
      insert into runs (${names})
      select ${values} from found
      where owner is not null and (key is null or (run).id in (select run_id from claimed))
      on conflict (id) do nothing
      returning id, identity_id, created_at
    ),
    told as (
      insert into run_events (run_id, event) select id, ${JSON.stringify(event)}::jsonb from inserted
    )
    select id, identity_id, created_at from inserted
  `.execute(db);
  return new Map(rows.map((row) => [row.id, { identityId: row.identity_id, createdAt: row.created_at }]));
}

/** A run as `insertRuns` takes it: its share of the statement's one parameter. */
export function insertionText({ idempotency, isElsewhere = false, ...run }: InsertedRun): {
  columns: readonly string[];
  text: string;
} {
  const row = newRunRow(run);
  const { identityId } = run.job;
  const named = isUuid(identityId) ? { byId: identityId } : { byName: identityId };
  return {
    columns: Object.keys(row),
    text: JSON.stringify({ run: row, ...named, isElsewhere, ...idempotency }),
  };
}

/** Claims a key for what a request makes, a batch; false where another request has it. */
export async function claimKey(
  db: Kysely<Tables>,
  { project, key, fingerprint, id }: Idempotency & { project: string; id: string },
): Promise<boolean> {
  const { rows } = await sql`
    insert into idempotency_keys as known (project, key, fingerprint, run_id)
    values (${project}, ${key}, decode(${fingerprint}, 'hex'), ${id})
    on conflict (project, key) do update
      set fingerprint = excluded.fingerprint, run_id = excluded.run_id, created_at = now()
      where known.created_at < now() - ${repeatableFor}
    returning run_id
  `.execute(db);
  return rows.length > 0;
}

/** The run that a request of this key made, if it is remembered. */
export async function findRepeated(
  db: Kysely<Tables>,
  { project, key }: { project: string; key: string },
): Promise<{ runId: string; fingerprint: string } | undefined> {
  const row = await db
    .selectFrom("idempotency_keys")
    .select(["run_id", "fingerprint"])
    .where("project", "=", project)
    .where("key", "=", key)
    .executeTakeFirst();
  return row === undefined ? undefined : { runId: row.run_id, fingerprint: row.fingerprint.toString("hex") };
}

/** Forgets the keys of runs that could not be queued, so that the same request may be made again. */
export async function forgetRepeated(db: Kysely<Tables>, runIds: readonly string[]): Promise<void> {
  await db.deleteFrom("idempotency_keys").where("run_id", "in", runIds).execute();
}

/** Forgets the keys that no request is compared with any more. */
export async function forgetOldKeys(db: Kysely<Tables>): Promise<void> {
  await db
    .deleteFrom("idempotency_keys")
    .where("created_at", "<", sql<Date>`now() - ${repeatableFor}`)
    .execute();
}
