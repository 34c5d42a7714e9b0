import { type Kysely, sql } from "kysely";

/** States that stay forgotten, whoever was about to save one. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Of the leases' tokens, the one at which its saved state was last forgotten on request.
    alter table identities add column forgotten_at_token bigint
  `.execute(db);
}
