import type { Config } from "../../../config.ts";
import type { Identities } from "../../../identity/identities.ts";
import type { Actor, Identity, RevealedCredentials } from "../../../identity/types.ts";
import type { Caller } from "../../api-keys/key-check.ts";
import { includesScope } from "../../api-keys/scopes.ts";
import { type KeptDocuments, keptOf, type Link } from "./kept-credentials.ts";
import type { PasswordHashes } from "./password-hashes.ts";
import { type CredentialName, type ShownCredentials, viewCredentials } from "./view-credentials.ts";

/** What of its credentials a key may be shown. */
export interface Access {
  /** What signs in: as LATCHKEY_CREDENTIALS_ROUTE says. */
  secrets: boolean;
  /** What was imported and can only be kept: every key that administers. */
  kept: boolean;
}

export function accessOf(
  { scope }: Pick<Caller, "scope">,
  { credentialsRoute: who }: Pick<Config, "credentialsRoute">,
): Access {
  return {
    secrets: who !== "off" && includesScope(scope, who),
    kept: includesScope(scope, "admin"),
  };
}

interface Deps {
  identities: Pick<Identities, "revealCredentials">;
  passwordHashes: PasswordHashes;
}

/**
 * An identity's credentials with the configurations that were asked for, as far as they may be shown; the others are
 * left out. Reading stored ones leaves an entry in the audit.
 */
export async function showCredentials(
  deps: Deps,
  {
    identity,
    asked,
    access,
    actor,
    signal,
  }: {
    identity: Identity;
    asked: readonly CredentialName[];
    access: Access;
    actor: Actor;
    /** Of the client: what takes long is not done for one that has gone. */
    signal?: AbortSignal;
  },
): Promise<ShownCredentials> {
  const shown = viewCredentials(identity);
  const wanted = asked.filter((name) => shown[name] !== undefined);
  if (wanted.length === 0 || !(access.kept || access.secrets)) return shown;
  const isStored = wanted.some((name) => name !== "code" && hasStored(identity, name));
  const revealed = isStored ? await deps.identities.revealCredentials(identity.id, actor) : {};
  const kept = keptOf(revealed);
  for (const name of wanted) {
    const credential = shown[name];
    const config = await configOf(deps, { name, identity, revealed, kept, access, signal });
    if (credential !== undefined && config !== undefined) credential.config = config;
  }
  return shown;
}

/** Whether anything is stored for it, beside the name that a trait gives. */
function hasStored({ credentials }: Identity, name: CredentialName): boolean {
  if (name !== "password") return true;
  return credentials.some(
    ({ type, passwordless }) =>
      type === "password_hash" || (type === "username_password" && passwordless !== true),
  );
}

async function configOf(
  { passwordHashes }: Deps,
  {
    name,
    identity,
    revealed,
    kept,
    access,
    signal,
  }: {
    name: CredentialName;
    identity: Identity;
    revealed: RevealedCredentials;
    kept: KeptDocuments;
    access: Access;
    signal: AbortSignal | undefined;
  },
): Promise<object | undefined> {
  switch (name) {
    case "password": {
      if (kept.password_hash !== undefined) return access.kept ? kept.password_hash : undefined;
      const password = revealed.usernamePassword?.password;
      if (password === undefined) return {};
      return access.secrets
        ? { hashed_password: await passwordHashes.of(identity, password, signal) }
        : undefined;
    }
    case "totp":
      return access.secrets ? totpConfig(identity, revealed) : undefined;
    case "lookup_secret":
      return access.secrets ? kept.backup_codes : undefined;
    case "oidc":
      return access.kept ? { providers: (kept.oidc?.providers ?? []).map(withTokens) } : undefined;
    case "saml":
      return access.kept ? kept.saml : undefined;
    case "webauthn":
    case "passkey":
      return access.kept ? kept.webauthn?.[name] : undefined;
    case "code":
      return {
        addresses: identity.identifiers
          .filter(({ kind }) => kind === "code")
          .map(({ value }) => ({ channel: value.includes("@") ? "email" : "sms", address: value })),
      };
    case "deviceauthn":
    case "link_recovery":
    case "code_recovery":
      return undefined;
  }
}

/** Kratos keeps the tokens of the first login; nobody logs in here, and it has none. */
const withTokens = ({ subject, provider, organization }: Link) => ({
  subject,
  provider,
  initial_id_token: "",
  initial_access_token: "",
  initial_refresh_token: "",
  ...((organization ?? "") === "" ? {} : { organization }),
});

/** In the form of Google Authenticator's key URIs. */
export function totpConfig(
  { loginName, name }: Pick<Identity, "loginName" | "name">,
  { authenticator }: Pick<RevealedCredentials, "authenticator">,
): { totp_url: string } | undefined {
  if (authenticator === undefined) return undefined;
  const query = new URLSearchParams({
    algorithm: authenticator.algorithm.toUpperCase(),
    digits: String(authenticator.digits),
    issuer: "Latchkey",
    period: String(authenticator.periodSeconds),
    secret: authenticator.secret.reveal(),
  });
  return { totp_url: `otpauth://totp/Latchkey:${encodeURIComponent(loginName ?? name)}?${query.toString()}` };
}
