import type { Kysely } from "kysely";
import type { Tables } from "../../database/tables.ts";
import { stillCurrent } from "../leases/fence.ts";
import type { Keyring } from "../sealing/keyring.ts";
import { open, seal } from "../sealing/seal.ts";

const field = "passkey";

/**
 * See `Identities.savePasskeyCounter`. The row is locked meanwhile: of two logins that end at once, the higher counter
 * stays.
 */
export async function savePasskeyCounter(
  { kysely, keyring }: { kysely: Kysely<Tables>; keyring: Keyring },
  {
    identityId,
    signCount,
    credentialsVersion,
  }: { identityId: string; signCount: number; credentialsVersion?: number | undefined },
): Promise<boolean> {
  const saved = await kysely.transaction().execute(async (trx) => {
    const row = await trx
      .selectFrom("credentials as c")
      .innerJoin("identities as i", "i.id", "c.identity_id")
      .select(["c.sealed", "i.data_key", "i.key_id", "i.stands_for", "i.stands_for_version"])
      .where("c.identity_id", "=", identityId)
      .where("c.type", "=", field)
      .where(stillCurrent(credentialsVersion))
      .forUpdate("c")
      .executeTakeFirst();
    if (row === undefined) return undefined;
    const key = keyring.unwrap(identityId, { dataKey: row.data_key, keyId: row.key_id });
    const place = { identityId, field } as const;
    const plain = JSON.parse(open(key, place, row.sealed).toString("utf8")) as { signCount: number };
    if (plain.signCount >= signCount) return row;
    const sealed = seal(key, place, Buffer.from(JSON.stringify({ ...plain, signCount })));
    await trx
      .updateTable("credentials")
      .set({ sealed })
      .where("identity_id", "=", identityId)
      .where("type", "=", field)
      .execute();
    return row;
  });
  if (saved === undefined) return false;
  // Lent by the identity that it stands for: the site has counted, whatever comes of the visit.
  if (saved.stands_for !== null && saved.stands_for_version !== null)
    await savePasskeyCounter(
      { kysely, keyring },
      { identityId: saved.stands_for, signCount, credentialsVersion: saved.stands_for_version },
    );
  return true;
}
