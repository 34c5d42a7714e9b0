import { type Kysely, sql } from "kysely";
import type { Tables } from "../../database/tables.ts";
import type { Identifier } from "../types.ts";

interface KnownBy {
  loginName: string | null;
  identifiers: readonly Identifier[];
  /** Addresses to verify and to recover by. */
  addresses: readonly string[];
  /** What its pool's `email` factors hold. */
  factors: readonly string[];
}

/** See `Identities.emailAddresses`. */
export async function emailAddresses(kysely: Kysely<Tables>, id: string): Promise<string[]> {
  const { rows } = await sql<KnownBy>`
    select i.login_name as "loginName",
      (
        select coalesce(jsonb_agg(jsonb_build_object('kind', k.kind, 'value', k.value) order by k.kind, k.value), '[]')
        from identity_identifiers k where k.identity_id = i.id
      ) as identifiers,
      (
        select coalesce(jsonb_agg(d.value order by d.purpose desc, d.created_at, d.value), '[]')
        from identity_addresses d where d.identity_id = i.id and d.via = 'email'
      ) as addresses,
      (
        select coalesce(jsonb_agg(i.traits -> (f.factor ->> 'name') order by f.place), '[]')
        from jsonb_array_elements(a.ruleset) with ordinality as f (factor, place)
        where f.factor ->> 'type' = 'email' and jsonb_typeof(i.traits -> (f.factor ->> 'name')) = 'string'
      ) as factors
    from identities i left join applications a on a.id = i.application_id
    where i.id = (select coalesce(stands_for, id) from identities where id = ${id})
  `.execute(kysely);
  const [found] = rows;
  return found === undefined ? [] : emailAddressesOf(found);
}

/** Kinds whose identifiers are the person's own; those of federated logins belong to another service. */
const ownKinds: ReadonlySet<Identifier["kind"]> = new Set(["password", "webauthn", "code"]);

/** Where somebody can be e-mailed, in lower case; first where their site most likely does: by what they sign in with. */
export function emailAddressesOf({ loginName, identifiers, addresses, factors }: KnownBy): string[] {
  const all = [
    ...(loginName === null ? [] : [loginName]),
    ...identifiers.filter(({ kind }) => kind === "code").map(({ value }) => value),
    ...identifiers.filter(({ kind }) => ownKinds.has(kind)).map(({ value }) => value),
    ...addresses,
    ...factors,
  ];
  return [...new Set(all.map((text) => text.trim().toLowerCase()).filter(looksLikeEmail))];
}

/** As sites show an address to somebody who is yet to prove that it is theirs: `a***@example.org`. */
export function maskedAddress(address: string): string {
  const at = address.lastIndexOf("@");
  const [first = "", ...more] = address.slice(0, at);
  return `${more.length === 0 ? "" : first}***${address.slice(at)}`;
}

const looksLikeEmail = (text: string) => /^[^\s@]+@[^\s@]+$/.test(text);
