import { type Kysely, sql } from "kysely";

/** Everything the worker needs: identities with their sealed secrets, leases, runs, audit. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table projects (
      id text primary key,
      created_at timestamptz not null default now()
    );
    insert into projects (id) values ('default');

    create table applications (
      id uuid primary key default gen_random_uuid(),
      project text not null references projects,
      name text not null,
      url text not null,
      allowed_domains jsonb not null default '[]',
      max_sessions integer check (max_sessions > 0),
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      unique (project, name)
    );

    create table identities (
      id uuid primary key default gen_random_uuid(),
      project text not null references projects,
      application_id uuid references applications,
      name text not null,
      source_url text not null,
      allowed_domains jsonb not null default '[]',
      max_sessions integer check (max_sessions > 0),
      metadata jsonb not null default '{}',
      provider text,
      proxy_server text,
      status text not null default 'pending' check (status in ('pending', 'validated', 'failed')),
      status_reason text,
      status_at timestamptz not null default now(),
      data_key bytea not null,
      key_id text not null,
      credentials_version integer not null default 1,
      last_time_step bigint,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      unique (project, name)
    );
    create index on identities (application_id);
    create index on identities using gin (metadata jsonb_path_ops);
    create index on identities (key_id);

    create table credentials (
      identity_id uuid not null references identities on delete cascade,
      type text not null check (type in ('username_password', 'authenticator', 'custom')),
      summary jsonb not null default '{}',
      sealed bytea not null,
      updated_at timestamptz not null default now(),
      primary key (identity_id, type)
    );

    create table saved_states (
      identity_id uuid primary key references identities on delete cascade,
      sealed bytea not null,
      version bigint not null default 1,
      captured_at timestamptz not null default now()
    );

    -- Sealed bytes do not compress: spare Postgres the attempt.
    alter table saved_states alter column sealed set storage external;
    alter table credentials alter column sealed set storage external;

    create sequence lease_tokens;
    create table leases (
      name text not null,
      slot integer not null,
      holder text not null,
      token bigint not null default nextval('lease_tokens'),
      expires_at timestamptz not null,
      primary key (name, slot)
    );

    create table audit (
      id bigint generated always as identity primary key,
      at timestamptz not null default now(),
      project text not null,
      actor text not null,
      action text not null,
      identity_id uuid,
      run_id uuid
    );
    create index on audit (identity_id, at);

    create table runs (
      id uuid primary key,
      job_id text not null,
      project text not null references projects,
      flow text not null,
      identity_id text not null,
      input jsonb,
      tags jsonb not null default '{}',
      trace boolean not null default false,
      deadline_ms integer,
      status text not null default 'queued' check (status in ('queued', 'deferred', 'running', 'succeeded', 'failed')),
      attempts integer not null default 0,
      max_attempts integer not null default 1,
      worker text,
      fence bigint not null default 0,
      cancel_requested_at timestamptz,
      stages jsonb not null default '[]',
      artifacts jsonb not null default '[]',
      outcome jsonb,
      created_at timestamptz not null default now(),
      started_at timestamptz,
      ended_at timestamptz
    );
    create index on runs (project, created_at desc, id);
    create index on runs (identity_id, status);
    create index on runs (job_id);

    create table run_events (
      run_id uuid not null references runs on delete cascade,
      seq bigint generated always as identity,
      at timestamptz not null default now(),
      event jsonb not null,
      primary key (run_id, seq)
    );
  `.execute(db);
}
