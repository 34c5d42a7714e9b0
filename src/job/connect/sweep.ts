import { type Kysely, sql } from "kysely";
import type { Tables } from "../../database/tables.ts";
import type { HalfMadeIdentities } from "../../identity/half-made.ts";

/** Until then somebody who opens an old link is told that it is old. */
const forgottenAfter = sql`interval '1 day'`;

/**
 * Clears up after visits to the connect page that were left: their half-made identities go, and in time their tokens.
 * @returns how many identities were removed
 */
export async function sweepConnectVisits({
  kysely,
  halfMade,
}: {
  kysely: Kysely<Tables>;
  halfMade: Pick<HalfMadeIdentities, "sweep">;
}): Promise<number> {
  const removed = await halfMade.sweep();
  // Without its visit a run would not know what it is to sign in.
  await sql`
    delete from connect_tokens t where expires_at < now() - ${forgottenAfter}
      and not exists (
        select from connect_visits v join runs r on r.id = v.run_id where v.token_id = t.id and r.ended_at is null
      )
  `.execute(kysely);
  return removed;
}
