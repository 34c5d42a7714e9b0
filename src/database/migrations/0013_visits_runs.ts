import { type Kysely, sql } from "kysely";

/** Runs that know the visit to the connect page they are of, and visits that know what their run is to prove. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table runs
      -- It stays when the visit goes: then the run is nobody's, and signs nobody in.
      add column visit_id uuid;
    alter table connect_visits
      -- When it was given its run, whose row follows.
      add column run_at timestamptz,
      -- Of the half-made identity's credentials, those that its run is to prove.
      add column proving_version integer;
    update runs r set visit_id = v.id from connect_visits v where v.run_id = r.id;
    update connect_visits v set proving_version = i.credentials_version
    from identities i where i.visit_id = v.id;
  `.execute(db);
}
