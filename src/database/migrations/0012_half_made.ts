import { type Kysely, sql } from "kysely";

/**
 * What a visitor of the connect page gives is tried on an identity of the visit's own, also where it is for one that is
 * there already; and tokens that last for longer, lead nowhere, or ask for a code first.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table identities
      -- The visit to the connect page that it is half-made for; null for all that count.
      add column visit_id uuid references connect_visits on delete cascade,
      -- The identity that is to be signed in again by what it holds; it goes with that one.
      add column stands_for uuid references identities on delete cascade,
      add column stands_for_version integer,
      -- Types of credentials that are no more than what is here, once it is proved; the others are lent.
      add column replaces jsonb not null default '[]';
    create unique index on identities (visit_id) where visit_id is not null;
    create index on identities (stands_for) where stands_for is not null;
    -- Those that there are were listed until now.
    update identities i set visit_id = v.id
    from connect_visits v join connect_tokens t on t.id = v.token_id
    where v.identity_id = i.id and t.identity_id is null and v.result is distinct from 'success';

    alter table connect_tokens
      -- Outlives its identity: the visitor is told.
      drop constraint connect_tokens_identity_id_fkey,
      alter column callback_url drop not null,
      -- A keyed hash of the code that is asked for first, and the master key it was made with.
      add column code_hash bytea,
      add column code_key_id text,
      add column code_tries integer not null default 0;
    alter table connect_visits
      add column code_given_at timestamptz,
      drop constraint connect_visits_result_check,
      add constraint connect_visits_result_check check (result in ('success', 'cancelled', 'outdated'));
    create index on connect_visits (run_id);
  `.execute(db);
}
