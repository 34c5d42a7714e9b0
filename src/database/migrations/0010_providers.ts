import { type Kysely, sql } from "kysely";

/** A provider per job, and identities that a provider keeps itself. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table runs add column provider text;
    alter table identities add column provider_identity_id text;
    create index on identities (provider_identity_id) where provider_identity_id is not null;
  `.execute(db);
}
