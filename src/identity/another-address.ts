import { type Kysely, sql } from "kysely";
import type { Tables } from "../database/tables.ts";

/** See `Identities.isAnothersAddress`. */
export async function isAnothersAddress(
  kysely: Kysely<Tables>,
  { id, address }: { id: string; address: string },
): Promise<boolean> {
  const { rows } = await sql`
    with own as (select id, project, stands_for from identities where id = ${id})
    select 1 from identities i, own
    where i.project = own.project and i.id <> own.id and i.id is distinct from own.stands_for
      and i.visit_id is null and (
        exists (select from identity_addresses a where a.identity_id = i.id and a.value = ${address})
        or exists (select from identity_identifiers k where k.identity_id = i.id and k.value = ${address})
        -- What need not be unique is no address.
        or exists (select from jsonb_each_text(i.traits) t where lower(t.value) = ${address})
      )
    limit 1
  `.execute(kysely);
  return rows.length > 0;
}
