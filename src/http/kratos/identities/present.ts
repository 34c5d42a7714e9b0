import type { Identity } from "../../../identity/types.ts";
import type { Secret } from "../../../secret.ts";
import type { CredentialsBody } from "./body.ts";
import type { Stored } from "./change-identity.ts";
import { isOfStored } from "./given-password.ts";
import type { KeptDocuments } from "./kept-credentials.ts";
import type { PasswordHashes } from "./password-hashes.ts";
import { totpConfig } from "./show-configs.ts";

/** What an identity has that new credentials are added to, or that they are no news to. */
export interface Present {
  kept: KeptDocuments;
  /** Typed with its password, where that is not what a trait says. */
  username: Secret | undefined;
  /** The hash that was given is that of the password that is stored. */
  hasPassword: boolean;
  totpUrl: string | undefined;
}

export const nothingPresent: Present = {
  kept: {},
  username: undefined,
  hasPassword: false,
  totpUrl: undefined,
};

/** Looked up only where it matters. @throws KratosRefusal 409 for the hash of a former password */
export async function presentOf(
  { passwordHashes }: { passwordHashes: PasswordHashes },
  {
    identity,
    given,
    reveal,
  }: { identity: Identity; given: CredentialsBody | null | undefined; reveal: () => Promise<Stored> },
): Promise<Present> {
  const has = (...types: string[]) => identity.credentials.some(({ type }) => types.includes(type));
  const hash = given?.password?.config?.hashed_password ?? "";
  const matters =
    (given?.lookup_secret != null && has("backup_codes")) ||
    (given?.oidc != null && has("oidc")) ||
    (given?.saml != null && has("saml")) ||
    (given?.totp != null && has("authenticator")) ||
    ((given?.webauthn != null || given?.passkey != null) && has("webauthn")) ||
    (given?.password != null && (has("username_password") || hash !== ""));
  if (!matters) return nothingPresent;
  const { revealed, kept } = await reveal();
  const isPlain = (given?.password?.config?.password ?? "") !== "";
  return {
    kept,
    username: ownUsername(identity, revealed),
    hasPassword:
      hash !== "" &&
      !isPlain &&
      (await isOfStored(passwordHashes, { hash, identityId: identity.id, revealed })),
    totpUrl: totpConfig(identity, revealed)?.totp_url,
  };
}

/** What is typed, where it is not what a trait says. */
export function ownUsername(
  { loginName }: Pick<Identity, "loginName">,
  { usernamePassword }: Stored["revealed"],
): Secret | undefined {
  const username = usernamePassword?.username;
  return username === undefined || username.reveal() === loginName ? undefined : username;
}
