import type { Identities } from "../../../identity/identities.ts";
import type { Actor, Identity } from "../../../identity/types.ts";
import type { CredentialsBody, Present } from "./import-credentials.ts";
import { keptOf } from "./kept-credentials.ts";

/** What an identity has that new credentials are added to: looked up only where they are. */
export async function presentOf(
  identities: Pick<Identities, "revealCredentials">,
  { identity, given, actor }: { identity: Identity; given: CredentialsBody | null | undefined; actor: Actor },
): Promise<Present> {
  const has = (...types: string[]) => identity.credentials.some(({ type }) => types.includes(type));
  const addsTo =
    (given?.lookup_secret != null && has("backup_codes")) ||
    (given?.oidc != null && has("oidc")) ||
    (given?.saml != null && has("saml")) ||
    ((given?.webauthn != null || given?.passkey != null) && has("webauthn")) ||
    (given?.password != null && identity.loginName === null && has("username_password"));
  if (!addsTo) return { kept: {}, username: undefined };
  const revealed = await identities.revealCredentials(identity.id, actor);
  return {
    kept: keptOf(revealed),
    username: identity.loginName === null ? revealed.usernamePassword?.username : undefined,
  };
}
