import type { Transaction } from "kysely";
import type { Tables } from "../../database/tables.ts";
import type { CheckedCredential } from "../identity-input.ts";
import { open } from "../sealing/seal.ts";
import type { RevealedCredentials } from "../types.ts";
import { assignRevealed } from "./credential-types.ts";

/**
 * Gives a new password that came without a username the one that was stored with the password before: whoever changes a
 * password means the same account. Where that had none of its own either, a trait goes on being it.
 * @throws Failure `key_unavailable`
 */
export async function withHeldUsername(
  trx: Transaction<Tables>,
  { id, key }: { id: string; key: () => Buffer },
  credentials: readonly CheckedCredential[],
): Promise<readonly CheckedCredential[]> {
  const isWithout = (credential: CheckedCredential) =>
    credential.type === "username_password" && credential.username === undefined;
  if (!credentials.some(isWithout)) return credentials;
  const type = "username_password";
  const row = await trx
    .selectFrom("credentials")
    .select("sealed")
    .where("identity_id", "=", id)
    .where("type", "=", type)
    .executeTakeFirst();
  if (row === undefined) return credentials;
  const plain: unknown = JSON.parse(open(key(), { identityId: id, field: type }, row.sealed).toString());
  const held: RevealedCredentials = {};
  assignRevealed(held, { type, plain, loginName: null });
  const username = held.usernamePassword?.username;
  return credentials.map((credential) =>
    credential.type === type && credential.username === undefined && username !== undefined
      ? { ...credential, username: username }
      : credential,
  );
}
