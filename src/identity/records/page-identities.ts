import { type Kysely, type RawBuilder, sql } from "kysely";
import type { Tables } from "../../database/tables.ts";
import { normaliseIdentifier } from "../traits/normalise.ts";
import type { Identity } from "../types.ts";
import { selectIdentities, toIdentity } from "./identity-rows.ts";

export interface PageQuery {
  /** The id of the last one of the page before. */
  after?: string | undefined;
  limit: number;
  /** How many to pass over; slower the more there are, which `after` is not. */
  offset?: number | undefined;
  /** Only these. */
  ids?: readonly string[] | undefined;
  /** Only those that are known by this, or by something that begins with it, however it is written. */
  identifier?: { value: string; isPrefix: boolean } | undefined;
}

/** See `Identities.page`; 1 query, by an index. */
export async function pageIdentities(
  kysely: Kysely<Tables>,
  project: string,
  { limit, ...query }: PageQuery,
): Promise<{ items: Identity[]; hasMore: boolean }> {
  const { after, offset = 0 } = query;
  const ids = sql<string>`(
    select i.id from identities i where ${matching(project, query)}
      ${after === undefined ? sql`` : sql`and i.id > ${after}`}
    order by i.id limit ${limit + 1} offset ${offset}
  )`;
  // What belongs to an identity is looked up for those on the page alone.
  const rows = await selectIdentities(kysely).where("i.id", "in", ids).orderBy("i.id").execute();
  return { items: rows.slice(0, limit).map(toIdentity), hasMore: rows.length > limit };
}

/** See `Identities.count`; 1 query. */
export async function countIdentities(
  kysely: Kysely<Tables>,
  project: string,
  query: Pick<PageQuery, "ids" | "identifier">,
): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from identities i where ${matching(project, query)}
  `.execute(kysely);
  return rows[0]?.count ?? 0;
}

function matching(project: string, { ids, identifier }: Pick<PageQuery, "ids" | "identifier">) {
  const conditions: RawBuilder<unknown>[] = [sql`i.project = ${project}`, sql`i.visit_id is null`];
  if (ids !== undefined) conditions.push(sql`i.id = any(${ids}::uuid[])`);
  if (identifier !== undefined) conditions.push(sql`i.id in (${knownBy(identifier)})`);
  return sql.join(conditions, sql` and `);
}

/** Logins elsewhere are told apart by case; identifiers that people type are not. */
function knownBy({ value, isPrefix }: { value: string; isPrefix: boolean }): RawBuilder<unknown> {
  const matches = (text: string) =>
    isPrefix ? sql`k.value like ${`${escapeLike(text)}%`}` : sql`k.value = ${text}`;
  return sql`
    select k.identity_id from identity_identifiers k
    where (${matches(normaliseIdentifier(value))} and k.kind in ('password', 'webauthn', 'code'))
      or (${matches(value)} and k.kind in ('oidc', 'saml'))
  `;
}

const escapeLike = (text: string) => text.replaceAll(/[\\%_]/g, String.raw`\$&`);

export const poolFields = ["id", "last_seen", "status", "title"] as const;

export interface PoolQuery {
  applicationId: string;
  /** `status` is the same for all there are: the order is then that of ids. */
  field: (typeof poolFields)[number];
  direction: "asc" | "desc";
  offset: number;
  limit: number;
}

/** What an identity is listed by. */
const sortedBy: Record<PoolQuery["field"], RawBuilder<unknown> | undefined> = {
  id: undefined,
  status: undefined,
  // As far as an index reaches.
  title: sql`left(coalesce(i.login_name, i.display_name, i.name), 200)`,
  last_seen: sql`coalesce(i.last_seen ->> 'at', '')`,
};

/**
 * See `Identities.ofPool`; 3 queries, by an index. What an offset passes over is read all the same: beyond the middle it
 * is passed over from the other end, so that the last page takes no longer than the first.
 */
export async function identitiesOfPool(
  kysely: Kysely<Tables>,
  project: string,
  { applicationId, field, direction, offset, limit }: PoolQuery,
): Promise<{ items: Identity[]; total: number }> {
  const own = sql`i.project = ${project} and i.application_id = ${applicationId} and i.visit_id is null`;
  const counted = await sql<{ total: number }>`
    select count(*)::int as total from identities i where ${own}
  `.execute(kysely);
  const total = counted.rows[0]?.total ?? 0;
  const left = total - offset;
  if (left <= 0) return { items: [], total };
  const wanted = Math.min(limit, left);
  const isFromEnd = left < offset;
  const way = (direction === "asc") === isFromEnd ? sql`desc` : sql`asc`;
  const by = sortedBy[field];
  const { rows: found } = await sql<{ id: string }>`
    select i.id from identities i where ${own}
    order by ${by === undefined ? sql`i.id ${way}` : sql`${by} ${way}, i.id ${way}`}
    limit ${wanted} offset ${isFromEnd ? left - wanted : offset}
  `.execute(kysely);
  const ids = (isFromEnd ? found.toReversed() : found).map(({ id }) => id);
  if (ids.length === 0) return { items: [], total };
  const rows = await selectIdentities(kysely).where("i.id", "in", ids).execute();
  const byId = new Map(rows.map((row) => [row.id, toIdentity(row)]));
  return { items: ids.flatMap((id) => byId.get(id) ?? []), total };
}
