import { type Kysely, sql } from "kysely";
import type { Tables } from "../../database/tables.ts";
import type { Identities } from "../../identity/identities.ts";
import { ignoreUnknown } from "./half-made.ts";

/** A sign-in that began in the token's last second has ended by then. */
const overAfter = sql`interval '15 minutes'`;
/** Until then somebody who opens an old link is told that it is old. */
const forgottenAfter = sql`interval '1 day'`;

/**
 * Clears up after visits to the connect page that were left: their half-made identities go, and in time their tokens.
 * @returns how many identities were removed
 */
export async function sweepConnectVisits({
  kysely,
  identities,
}: {
  kysely: Kysely<Tables>;
  identities: Pick<Identities, "remove">;
}): Promise<number> {
  const { rows } = await sql<{ id: string; project: string }>`
    with left_alone as (
      select v.id, v.identity_id, t.project
      from connect_visits v join connect_tokens t on t.id = v.token_id
      where v.identity_id is not null and v.result is distinct from 'success' and t.identity_id is null
        and t.expires_at < now() - ${overAfter}
    )
    select identity_id as id, project from left_alone
  `.execute(kysely);
  // Another process may be at it, too.
  for (const { id, project } of rows)
    await identities.remove(project, id, { name: "upkeep" }).catch(ignoreUnknown);
  await sql`delete from connect_tokens where expires_at < now() - ${forgottenAfter}`.execute(kysely);
  return rows.length;
}
