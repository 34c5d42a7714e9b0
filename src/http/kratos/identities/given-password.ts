import { passwordHashFormat } from "../../../identity/traits/password-hash.ts";
import type { NewCredential, RevealedCredentials } from "../../../identity/types.ts";
import type { Secret } from "../../../secret.ts";
import { badRequest, outdated } from "../refusal.ts";
import { toKept } from "./kept-credentials.ts";
import type { PasswordHashes } from "./password-hashes.ts";

/**
 * Whether a hash is that of the password that is stored, as clients are shown it: who sends it back means that password
 * to stay, and with the hash in its place nobody could sign in.
 * @throws KratosRefusal 409 for one that was shown of a password that has been replaced since
 */
export async function isOfStored(
  passwordHashes: PasswordHashes,
  {
    hash,
    identityId,
    revealed,
  }: { hash: string; identityId: string; revealed: Pick<RevealedCredentials, "usernamePassword"> },
): Promise<boolean> {
  const password = revealed.usernamePassword?.password;
  const origin = await passwordHashes.origin(hash, { id: identityId, password });
  if (origin === "former")
    throw outdated("The hash was shown of a password that was replaced since: read the identity again.");
  return origin === "present";
}

/**
 * A hash that takes the place of a password; with the username that went with that, where no trait is one, or no
 * password could ever follow. @throws KratosRefusal 400
 */
export function keptHash(hash: string, username: Secret | undefined): NewCredential[] {
  if (passwordHashFormat(hash) === undefined)
    throw badRequest("The imported password does not match any known hash format.");
  return [...ownName(username), toKept("password_hash", { hashed_password: hash })];
}

/** Kratos would ask another server: nothing here could. */
export const keptHook = (username: Secret | undefined): NewCredential[] => [
  ...ownName(username),
  toKept("password_hash", { use_password_migration_hook: true }),
];

const ownName = (username: Secret | undefined): NewCredential[] =>
  username === undefined ? [] : [{ type: "username_password", username }];
