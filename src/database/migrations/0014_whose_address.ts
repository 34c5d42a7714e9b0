import { type Kysely, sql } from "kysely";

/** Whose an e-mail address is, and who else has a mailbox on a server, without looking at every identity there is. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create index on identity_addresses (value);
    -- By the values of traits, whatever these are called: not every address has to be unique.
    create index on identities
      using gin ((lower(jsonb_path_query_array(traits, '$.*')::text)::jsonb));
    create index on credentials (lower(summary ->> 'host')) where type = 'mailbox';
  `.execute(db);
}
