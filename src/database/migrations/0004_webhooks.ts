import { type Kysely, sql } from "kysely";

/** Reports of what runs came to: where to, what is under way, how it went, and what signs them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table runs add column webhook_url text;

    create table webhook_deliveries (
      id uuid primary key default gen_random_uuid(),
      project text not null references projects,
      run_id uuid not null references runs on delete cascade,
      type text not null,
      url text not null,
      host text not null,
      body text not null,
      status text not null default 'pending' check (status in ('pending', 'delivered', 'failed')),
      attempts integer not null default 0,
      due_at timestamptz not null default now(),
      claimed_until timestamptz,
      claim integer not null default 0,
      created_at timestamptz not null default now(),
      ended_at timestamptz
    );
    create index on webhook_deliveries (due_at) where status = 'pending';
    create index on webhook_deliveries (project, created_at desc, id);
    create index on webhook_deliveries (run_id);
    create index on webhook_deliveries (ended_at);
    create index on webhook_deliveries (id) where status = 'failed';
    -- For those who count what is under way.
    create index on runs (status) where ended_at is null;

    create table webhook_attempts (
      id bigint generated always as identity primary key,
      delivery_id uuid not null references webhook_deliveries on delete cascade,
      at timestamptz not null,
      duration_ms integer not null,
      status_code integer,
      error text
    );
    create index on webhook_attempts (delivery_id);

    create table webhook_secrets (
      id uuid primary key default gen_random_uuid(),
      project text not null references projects,
      sealed bytea not null,
      data_key bytea not null,
      key_id text not null,
      created_at timestamptz not null default now(),
      expires_at timestamptz
    );
    create unique index on webhook_secrets (project) where expires_at is null;
  `.execute(db);
}
