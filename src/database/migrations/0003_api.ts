import { type Kysely, sql } from "kysely";

/** The HTTP interface: its keys, and what makes a repeated request one run; retries and filters of runs. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table api_keys (
      id text primary key,
      project text not null references projects,
      name text not null default '',
      scope text not null check (scope in ('read', 'submit', 'admin')),
      -- SHA-256 of the key: of 256 random bits, which no guessing finds, so that no slow hash is needed.
      hash bytea not null,
      created_at timestamptz not null default now(),
      expires_at timestamptz,
      last_used_at timestamptz
    );
    create index on api_keys (project, created_at);
    alter table audit add column api_key_id text;

    create table idempotency_keys (
      project text not null references projects,
      key text not null,
      fingerprint bytea not null,
      run_id uuid not null,
      created_at timestamptz not null default now(),
      primary key (project, key)
    );
    create index on idempotency_keys (created_at);

    alter table runs add column retry_of uuid references runs on delete set null;
    create index on runs (retry_of) where retry_of is not null;
    create index on runs using gin (tags jsonb_path_ops) where tags <> '{}';
  `.execute(db);
}
