import { type Kysely, sql } from "kysely";

/** What the identity service adds: more of an application, its auth flows, names of any kind, events to meet at. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table applications
      add column description text,
      -- Of the URL, with its port where that is not the scheme's own: what identities' sources are matched with.
      add column host text not null default '',
      -- Where the connect page may send its visitors back to; empty allows any https address.
      add column callback_urls jsonb not null default '[]',
      -- Who may show the connect page in a frame.
      add column frame_origins jsonb not null default '[]',
      -- As a data: URL, so that the page asks nobody else for it.
      add column icon text;
    update applications set host = lower(regexp_replace(
      regexp_replace(url, '^[a-zA-Z][a-zA-Z0-9+.-]*://(?:[^/?#@]*@)?([^/?#]*).*$', '\\1'),
      case when url ilike 'https:%' then ':443$' else ':80$' end, ''
    ));
    create index on applications (project, host);

    create table auth_flows (
      id uuid primary key default gen_random_uuid(),
      application_id uuid not null references applications on delete cascade,
      name text not null,
      description text,
      is_recommended boolean not null default false,
      methods jsonb not null,
      custom_fields jsonb not null default '[]',
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now()
    );
    create index on auth_flows (application_id, created_at);
    insert into auth_flows (application_id, name, is_recommended, methods)
      select id, 'Standard authentication', true, '["username_password"]' from applications;

    -- A name for people that need not be unique, where whoever made the identity gave one.
    alter table identities add column display_name text;
    -- The auth flow that its credentials were asked for by.
    alter table identities add column auth_flow_id uuid references auth_flows on delete set null;
    create index on identities (auth_flow_id) where auth_flow_id is not null;

    alter table api_keys drop constraint api_keys_scope_check;
    alter table api_keys add constraint api_keys_scope_check
      check (scope in ('read', 'submit', 'admin', 'credentials'));

    -- What was signalled and nobody has waited for yet. It may be a one-time code, so it is sealed.
    create table signals (
      id bigint generated always as identity primary key,
      project text not null references projects,
      name text not null,
      sealed bytea not null,
      data_key bytea not null,
      key_id text not null,
      created_at timestamptz not null default now()
    );
    create index on signals (project, name, id);
    create index on signals (created_at);
  `.execute(db);
}
