import { type Kysely, sql } from "kysely";

/** Codes that come another way: handed in, or sent to a mailbox; passkeys beside them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table credentials drop constraint credentials_type_check;
    alter table credentials add constraint credentials_type_check
      check (type in ('username_password', 'authenticator', 'passkey', 'mailbox', 'custom'));

    alter table runs drop constraint runs_status_check;
    alter table runs add constraint runs_status_check
      check (status in ('queued', 'deferred', 'running', 'waiting_for_code', 'succeeded', 'failed'));
    alter table runs add column code_timeout_ms integer;

    create table handed_in_codes (
      id bigint generated always as identity primary key,
      identity_id uuid not null references identities on delete cascade,
      run_id uuid references runs on delete cascade,
      sealed bytea not null,
      created_at timestamptz not null default now()
    );
    create index on handed_in_codes (identity_id);
    create index on handed_in_codes (run_id);
    create index on handed_in_codes (created_at);
  `.execute(db);
}
