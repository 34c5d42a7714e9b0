import { type Kysely, sql } from "kysely";

/** The connect page: one-time tokens that let somebody connect an account, and the visits they are opened in. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table connect_tokens (
      id uuid primary key default gen_random_uuid(),
      -- SHA-256 of the token: whoever reads this table can open nothing.
      hash bytea not null unique,
      project text not null references projects,
      application_id uuid not null references applications on delete cascade,
      -- An identity that is to be signed in again; null for a new one.
      identity_id uuid references identities on delete cascade,
      callback_url text not null,
      user_name text,
      -- Passwords that were tried with it, in all its visits: nobody's account is locked by it.
      attempts integer not null default 0,
      created_at timestamptz not null default now(),
      expires_at timestamptz not null,
      used_at timestamptz
    );
    create index on connect_tokens (expires_at);

    create table connect_visits (
      id uuid primary key default gen_random_uuid(),
      token_id uuid not null references connect_tokens on delete cascade,
      -- SHA-256 of what the visitor's cookie holds.
      secret_hash bytea not null,
      mode text not null default 'redirect' check (mode in ('redirect', 'popup', 'frame')),
      -- As its visitor calls the account.
      user_name text,
      locale text,
      flow_id uuid,
      -- The identity as it stands: half-made until its run has succeeded.
      identity_id uuid references identities on delete set null,
      run_id uuid,
      session_id text,
      -- Codes that were handed in.
      codes integer not null default 0,
      result text check (result in ('success', 'cancelled')),
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now()
    );
    create index on connect_visits (token_id);
  `.execute(db);
}
