import { type Kysely, sql } from "kysely";
import type { Tables } from "../../database/tables.ts";
import { recordAudit } from "../audit.ts";
import type { Actor } from "../types.ts";

/**
 * Forgets an identity's saved state because somebody asked for it: that leaves an entry in the audit. The next run signs
 * in anew. It stays forgotten: what holds a lease already, a run under way, saves its state no more. @returns whether
 * there was one
 */
export async function forgetState(
  kysely: Kysely<Tables>,
  { project, identityId, actor }: { project: string; identityId: string; actor: Actor },
): Promise<boolean> {
  return await kysely.transaction().execute(async (trx) => {
    // The identity first, as all do. Leases that are taken from now on have higher tokens.
    const { numUpdatedRows } = await trx
      .updateTable("identities")
      .set({ forgotten_at_token: sql<string>`nextval('lease_tokens')` })
      .where("id", "=", identityId)
      .where("project", "=", project)
      .executeTakeFirstOrThrow();
    if (numUpdatedRows === 0n) return false;
    const { numDeletedRows } = await trx
      .deleteFrom("saved_states")
      .where("identity_id", "=", identityId)
      .executeTakeFirstOrThrow();
    if (numDeletedRows === 0n) return false;
    await recordAudit(trx, { project, actor, action: "state.forgotten", identityId });
    return true;
  });
}
