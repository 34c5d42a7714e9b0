import { sql, type Transaction } from "kysely";
import type { Tables } from "../../database/tables.ts";
import { seal } from "../sealing/seal.ts";
import type { CredentialType } from "../types.ts";

/** A credential as it is before it is sealed: what may be seen of it, and what may not. */
export interface OpenCredential {
  type: CredentialType;
  summary: object;
  plain: Buffer;
}

/** Seals credentials for an identity, in place of those of the same types. */
export async function putCredentials(
  trx: Transaction<Tables>,
  { id, key }: { id: string; key: Buffer },
  credentials: readonly OpenCredential[],
): Promise<void> {
  if (credentials.length === 0) return;
  await trx
    .insertInto("credentials")
    .values(
      credentials.map(({ type, summary, plain }) => ({
        identity_id: id,
        type,
        summary: JSON.stringify(summary),
        sealed: seal(key, { identityId: id, field: type }, plain),
      })),
    )
    .onConflict((conflict) =>
      conflict.columns(["identity_id", "type"]).doUpdateSet((eb) => ({
        summary: eb.ref("excluded.summary"),
        sealed: eb.ref("excluded.sealed"),
        updated_at: sql<Date>`now()`,
      })),
    )
    .execute();
}
