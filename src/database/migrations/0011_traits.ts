import { type Kysely, sql } from "kysely";

/** What is known of people: schemas and rulesets of applications; traits, identifiers and addresses of identities. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table applications
      -- A schema or a pool has no site until somebody names one.
      alter column url drop not null,
      -- As it was written: the order of its traits says which is the login name.
      add column traits_schema json,
      add column ruleset jsonb;

    alter table identities
      alter column source_url drop not null,
      alter column metadata drop not null,
      alter column metadata drop default,
      add column metadata_admin jsonb,
      add column state text not null default 'active' check (state in ('active', 'inactive')),
      add column state_changed_at timestamptz not null default now(),
      add column traits jsonb not null default '{}',
      add column login_name text,
      add column external_id text,
      add column first_seen jsonb,
      add column last_seen jsonb;
    update identities set state_changed_at = created_at;
    create unique index identities_external_id on identities (project, external_id)
      where external_id is not null;
    -- For lists that go on after an id, and for those sorted by what they show.
    create index on identities (project, id);
    create index on identities (application_id, id);
    create index on identities (application_id, (left(coalesce(login_name, display_name, name), 200)), id);
    create index on identities (application_id, (coalesce(last_seen ->> 'at', '')), id);

    alter table credentials
      add column created_at timestamptz not null default now(),
      drop constraint credentials_type_check,
      add constraint credentials_type_check check (type in (
        'username_password', 'authenticator', 'passkey', 'mailbox', 'custom',
        'password_hash', 'backup_codes', 'oidc', 'saml', 'webauthn'
      ));
    update credentials set created_at = updated_at;

    create table identity_identifiers (
      application_id uuid not null references applications on delete cascade,
      identity_id uuid not null references identities on delete cascade,
      kind text not null check (kind in ('password', 'webauthn', 'code', 'oidc', 'saml')),
      value text not null,
      primary key (application_id, kind, value)
    );
    create index on identity_identifiers (identity_id);
    -- Also by its beginning, whatever the collation.
    create index on identity_identifiers (value text_pattern_ops);

    create table identity_addresses (
      id uuid primary key,
      application_id uuid not null references applications on delete cascade,
      identity_id uuid not null references identities on delete cascade,
      purpose text not null check (purpose in ('verification', 'recovery')),
      via text not null check (via in ('email', 'sms')),
      value text not null,
      verified boolean not null default false,
      status text not null default 'pending' check (status in ('pending', 'sent', 'completed')),
      verified_at timestamptz,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      constraint identity_addresses_value unique (application_id, purpose, via, value)
    );
    create index on identity_addresses (identity_id);

    create table deleted_identities (
      id uuid primary key,
      project text not null references projects,
      application_id uuid references applications on delete cascade,
      content jsonb not null,
      deleted_at timestamptz not null default now()
    );
    create index on deleted_identities (deleted_at);

    create table identity_requests (
      project text not null references projects,
      key text not null,
      fingerprint bytea not null,
      identity_id uuid not null,
      created_at timestamptz not null default now(),
      primary key (project, key)
    );
    create index on identity_requests (created_at);
  `.execute(db);
}
