import { sql } from "kysely";
import type { Database } from "../../src/database/open.ts";

/**
 * All that is kept of an identity, as text, to see that nothing of it was touched. The time step is left out: codes that
 * are used in its name count, whatever comes of the sign-in.
 */
export async function keptOfIdentity({ kysely }: Pick<Database, "kysely">, id: string): Promise<string[]> {
  const { rows } = await sql<{ row: string }>`
    select (to_jsonb(i) - 'last_time_step')::text as row from identities i where id = ${id}
    union all select to_jsonb(c)::text from credentials c where identity_id = ${id}
    union all select to_jsonb(s)::text from saved_states s where identity_id = ${id}
    union all select to_jsonb(h)::text from identity_health h where identity_id = ${id}
    order by 1
  `.execute(kysely);
  return rows.map(({ row }) => row);
}
