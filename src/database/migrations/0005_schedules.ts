import { type Kysely, sql } from "kysely";

/** Schedules with what each of their times came to; the health of identities with its history. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table schedules (
      id uuid primary key default gen_random_uuid(),
      project text not null references projects,
      name text not null,
      kind text not null default 'run' check (kind in ('run', 'health')),
      -- No foreign keys: a schedule outlives what it names, and says so when its time comes.
      flow text not null,
      identity_id uuid,
      application_id uuid,
      input jsonb,
      options jsonb not null default '{}',
      cron text,
      every_ms bigint,
      time_zone text not null default 'UTC',
      jitter_ms integer not null default 0,
      overlap text not null default 'skip' check (overlap in ('skip', 'queue', 'cancel_old')),
      missed text not null default 'run_once' check (missed in ('run_once', 'skip')),
      starts_at timestamptz,
      ends_at timestamptz,
      paused boolean not null default false,
      revision integer not null default 1,
      next_at timestamptz,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      unique (project, name),
      check ((cron is null) <> (every_ms is null)),
      check (kind = 'health' or identity_id is not null)
    );

    create table schedule_fires (
      schedule_id uuid not null references schedules on delete cascade,
      fire_at timestamptz not null,
      at timestamptz not null default now(),
      by_hand boolean not null default false,
      result text not null check (result in ('submitted', 'skipped', 'missed', 'refused')),
      run_id uuid,
      code text,
      reason text,
      primary key (schedule_id, fire_at)
    );

    alter table runs add column schedule_id uuid;
    create index on runs (schedule_id, created_at desc) where schedule_id is not null;

    alter table identities add column health_checks boolean not null default true;
    alter table identities add column auto_reauthenticate boolean not null default true;
    -- How the last login went: when, the failure's code, whether a person had to hand a code in.
    alter table identities add column last_login jsonb;
    -- When the last of the site's cookies that may carry the login ends, where that is known.
    alter table saved_states add column lapses_at timestamptz;
    create table identity_health (
      id bigint generated always as identity primary key,
      identity_id uuid not null references identities on delete cascade,
      -- When it was first found so, and when it was last seen so: looks that find the same are one row.
      at timestamptz not null default now(),
      seen_at timestamptz not null default now(),
      state text not null check (state in ('unknown', 'healthy', 'needs_attention')),
      reason text not null,
      code text,
      run_id uuid,
      -- What the last look came to, where it could not tell: a site that did not answer changes no state.
      note text,
      note_code text,
      note_at timestamptz
    );
    create index on identity_health (identity_id, id desc);
  `.execute(db);
}
