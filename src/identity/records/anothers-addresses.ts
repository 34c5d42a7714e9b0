import { type Kysely, sql } from "kysely";
import type { Tables } from "../../database/tables.ts";
import { comparableAddress, spellingsOf } from "./comparable-address.ts";

/** See `Identities.anothersAddresses`. */
export async function anothersAddresses(
  kysely: Kysely<Tables>,
  { id, addresses }: { id: string; addresses: readonly string[] },
): Promise<Set<string>> {
  if (addresses.length === 0) return new Set();
  const { rows } = await anothersQuery({ id, addresses }).execute(kysely);
  return new Set(rows.map(({ value }) => comparableAddress(value)));
}

export function anothersQuery({ id, addresses }: { id: string; addresses: readonly string[] }) {
  const spellings = [...new Set(addresses.map(comparableAddress).flatMap(spellingsOf))];
  // What need not be unique is no address, so traits are looked at, too: as the index of 0014 has them.
  return sql<{ value: string }>`
    with found as (
      select identity_id, value from identity_addresses where value = any(${spellings}::text[])
      union
      select identity_id, value from identity_identifiers where value = any(${spellings}::text[])
      union
      select i.id, t.value from identities i
        cross join jsonb_array_elements_text(lower(jsonb_path_query_array(i.traits, '$.*')::text)::jsonb) t (value)
      where lower(jsonb_path_query_array(i.traits, '$.*')::text)::jsonb ?| ${spellings}::text[]
        and t.value = any(${spellings}::text[])
    )
    select distinct found.value from found
    -- No join: for the few that were found, each is looked up by its id.
    where (select true from identities i where i.id = found.identity_id and ${isOther(id)})
  `;
}

/** See `Identities.sharesMailServer`. */
export async function sharesMailServer(
  kysely: Kysely<Tables>,
  { id, host }: { id: string; host: string },
): Promise<boolean> {
  const { rows } = await sql`
    select 1 from credentials c join identities i on i.id = c.identity_id
    where c.type = 'mailbox' and lower(c.summary ->> 'host') = ${host.toLowerCase()} and ${isOther(id)}
    limit 1
  `.execute(kysely);
  return rows.length > 0;
}

/** Another of its project; those that are half-made on the connect page are nobody yet, or it itself. */
const isOther = (id: string) => sql`
  i.visit_id is null and exists (
    select from identities own
    where own.id = ${id} and i.project = own.project and i.id <> own.id and i.id is distinct from own.stands_for
  )`;
