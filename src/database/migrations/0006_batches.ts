import { type Kysely, sql } from "kysely";

/** Runs that were submitted together. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table batches (
      id uuid primary key,
      project text not null references projects,
      name text,
      total integer not null,
      created_at timestamptz not null default now()
    );
    create index on batches (project, created_at);

    alter table runs add column batch_id uuid references batches on delete set null;
    alter table runs add column batch_index integer;
    create index on runs (batch_id) where batch_id is not null;
  `.execute(db);
}
