import { sql, type Transaction } from "kysely";
import type { Tables } from "../../database/tables.ts";
import { putCredentials } from "../credentials/put-credentials.ts";
import { open, seal } from "../sealing/seal.ts";
import type { CredentialType } from "../types.ts";

/** An identity with its data key, unwrapped. */
export interface Keyed {
  id: string;
  key: Buffer;
}

/**
 * Copies credentials from one identity to another in place of those of the same types, sealed anew: what is sealed for
 * one opens for no other.
 * @returns the types that were copied
 * @throws Failure `key_unavailable`
 */
export async function copyCredentials(
  trx: Transaction<Tables>,
  { from, to, takes }: { from: Keyed; to: Keyed; takes(type: CredentialType): boolean },
): Promise<CredentialType[]> {
  const rows = await trx
    .selectFrom("credentials")
    .select(["type", "summary", "sealed"])
    .where("identity_id", "=", from.id)
    .execute();
  const taken = rows.filter(({ type }) => takes(type));
  await putCredentials(
    trx,
    to,
    taken.map(({ type, summary, sealed }) => ({
      type,
      summary,
      plain: open(from.key, { identityId: from.id, field: type }, sealed),
    })),
  );
  return taken.map(({ type }) => type);
}

/**
 * Puts an identity's saved state in place of another's, sealed anew; that one has none where this one has none.
 * @throws Failure `key_unavailable`
 */
export async function copyState(
  trx: Transaction<Tables>,
  { from, to }: { from: Keyed; to: Keyed },
): Promise<void> {
  const field = "saved_state";
  const row = await trx
    .selectFrom("saved_states")
    .select(["sealed", "captured_at", "lapses_at"])
    .where("identity_id", "=", from.id)
    .executeTakeFirst();
  if (row === undefined) {
    await trx.deleteFrom("saved_states").where("identity_id", "=", to.id).execute();
    return;
  }
  const plain = open(from.key, { identityId: from.id, field }, row.sealed);
  const state = {
    sealed: seal(to.key, { identityId: to.id, field }, plain),
    captured_at: row.captured_at,
    lapses_at: row.lapses_at,
  };
  await trx
    .insertInto("saved_states")
    .values({ identity_id: to.id, ...state })
    .onConflict((conflict) =>
      conflict.column("identity_id").doUpdateSet({
        ...state,
        // Whoever waits to sign in learns by it that there is a newer one.
        version: sql<string>`saved_states.version + 1`,
      }),
    )
    .execute();
}
