import type { CredentialType, IdentifierKind, Identity } from "../../../identity/types.ts";
import { badRequest } from "../refusal.ts";

/** The types that Kratos knows; what it stores for some of them nobody has here. */
export const credentialNames = [
  "password",
  "oidc",
  "saml",
  "totp",
  "lookup_secret",
  "webauthn",
  "code",
  "passkey",
  "deviceauthn",
  "link_recovery",
  "code_recovery",
] as const;
export type CredentialName = (typeof credentialNames)[number];

export interface ShownCredential {
  type: CredentialName;
  identifiers: string[];
  version: number;
  created_at: string;
  updated_at: string;
  config?: object;
}

export type ShownCredentials = Partial<Record<CredentialName, ShownCredential>>;

/** @throws KratosRefusal 400 for a type that there is not */
export function credentialNamesOf(asked: readonly string[]): CredentialName[] {
  return asked.map((name) => {
    const known = credentialNames.find((one) => one === name);
    if (known === undefined)
      throw badRequest(`Invalid value \`${name}\` for parameter \`include_credential\`.`);
    return known;
  });
}

type Facts = Pick<
  Identity,
  "id" | "identifiers" | "credentials" | "credentialTimes" | "createdAt" | "updatedAt"
>;

/**
 * An identity's credentials as Kratos would list them, without what is in them. One that people sign in with by a name
 * is there as soon as a trait gives it one, whether or not there is a password.
 */
export function viewCredentials(identity: Facts): ShownCredentials {
  const known = (kind: IdentifierKind) =>
    identity.identifiers.filter((one) => one.kind === kind).map(({ value }) => value);
  const has = (type: CredentialType) => identity.credentials.some((one) => one.type === type);
  const keys = identity.credentials.find(({ type }) => type === "webauthn")?.identifiers ?? [];
  const handles = (name: "webauthn" | "passkey") =>
    keys.filter((key) => key.startsWith(`${name}:`)).map((key) => key.slice(name.length + 1));

  const shown: ShownCredentials = {};
  const show = (
    type: CredentialName,
    { from, identifiers, version = 0 }: { from: CredentialType[]; identifiers: string[]; version?: number },
  ) => {
    const own = from.find(has);
    const times = own === undefined ? undefined : identity.credentialTimes[own];
    const { createdAt, updatedAt } = times ?? {
      createdAt: identity.createdAt,
      updatedAt: identity.createdAt,
    };
    shown[type] = {
      type,
      identifiers: identifiers.filter((one) => one !== "").toSorted(),
      version,
      created_at: createdAt.toISOString(),
      updated_at: updatedAt.toISOString(),
    };
  };

  // In the order of names, as Go writes them.
  const codes = known("code");
  if (codes.length > 0) show("code", { from: ["mailbox"], identifiers: codes, version: 1 });
  if (has("backup_codes")) show("lookup_secret", { from: ["backup_codes"], identifiers: [identity.id] });
  if (has("oidc")) show("oidc", { from: ["oidc"], identifiers: known("oidc") });
  if (has("passkey") || handles("passkey").length > 0)
    show("passkey", { from: ["passkey", "webauthn"], identifiers: handles("passkey"), version: 1 });
  const names = known("password");
  if (names.length > 0 || has("username_password") || has("password_hash"))
    show("password", { from: ["username_password", "password_hash"], identifiers: names, version: 1 });
  if (has("saml")) show("saml", { from: ["saml"], identifiers: known("saml") });
  if (has("authenticator")) show("totp", { from: ["authenticator"], identifiers: [identity.id] });
  if (handles("webauthn").length > 0 || known("webauthn").length > 0)
    show("webauthn", { from: ["webauthn"], identifiers: known("webauthn"), version: 1 });
  return shown;
}

/** How sure of a person a login with these is: two kinds of proof are more than one. */
export function assuranceOf(credentials: ShownCredentials): "aal0" | "aal1" | "aal2" {
  const names = Object.keys(credentials);
  if (names.includes("totp") || names.includes("lookup_secret")) return "aal2";
  return names.length === 0 ? "aal0" : "aal1";
}
