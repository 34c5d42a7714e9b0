import { type Kysely, sql } from "kysely";

/** Browsers that were handed out over CDP, the files they left, and profiles: states that belong to no identity. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table sessions (
      id uuid primary key,
      project text not null references projects,
      status text not null,
      identities jsonb not null,
      tags jsonb not null,
      configuration jsonb not null,
      recording boolean not null,
      actor text not null,
      created_at timestamptz not null default now(),
      started_at timestamptz,
      expires_at timestamptz,
      ended_at timestamptz,
      ended_by text,
      code text
    );
    create index on sessions (project, created_at, id);
    create index on sessions (id) where ended_at is null;

    create table session_files (
      id uuid primary key default gen_random_uuid(),
      session_id uuid not null references sessions on delete cascade,
      kind text not null,
      name text not null,
      suggested_name text not null,
      url text,
      bytes bigint not null,
      duration_ms integer,
      created_at timestamptz not null default now()
    );
    create index on session_files (session_id, created_at);

    create table profiles (
      id uuid primary key default gen_random_uuid(),
      project text not null references projects,
      name text not null,
      description text,
      source text,
      session_id uuid,
      sealed bytea,
      data_key bytea not null,
      key_id text not null,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      unique (project, name)
    );

    alter table identities add column save_sessions boolean not null default true;
  `.execute(db);
}
