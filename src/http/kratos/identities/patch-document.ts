import { isDeepStrictEqual } from "node:util";
import type { IdentityPatch } from "../../../identity/identity-input.ts";
import type { NewCredential, RevealedCredentials } from "../../../identity/types.ts";
import { badRequest } from "../refusal.ts";
import { createBody } from "./body.ts";
import { addressesOf, metadataOf, traitsOf } from "./identity-input.ts";
import { authenticatorOf } from "./import-credentials.ts";
import { type KeptDocuments, keptDocuments, toKept } from "./kept-credentials.ts";
import type { ShownIdentity } from "./view-identity.ts";

type Document = Record<string, unknown>;

/** The identity as a patch sees it: as it is shown, and with what is in its credentials. Nobody is shown this. */
export function documentOf(
  shown: ShownIdentity,
  { revealed, kept }: { revealed: RevealedCredentials; kept: KeptDocuments },
): Document {
  const configs: Record<string, unknown> = {
    password: kept.password_hash ?? {},
    lookup_secret: kept.backup_codes,
    oidc: kept.oidc,
    saml: kept.saml,
    webauthn: kept.webauthn?.webauthn,
    passkey: kept.webauthn?.passkey,
    // Only to be seen whether it was touched.
    totp: revealed.authenticator === undefined ? undefined : { totp_url: "" },
  };
  const { metadata_admin: metadataAdmin = null, external_id: externalId = "", credentials = {} } = shown;
  return {
    ...shown,
    verifiable_addresses: shown.verifiable_addresses ?? [],
    recovery_addresses: shown.recovery_addresses ?? [],
    metadata_admin: metadataAdmin,
    external_id: externalId,
    credentials: Object.fromEntries(
      Object.entries(credentials).map(([name, one]) => [name, { ...one, config: configs[name] ?? {} }]),
    ),
  };
}

/** What a patch changed, but for credentials. @throws KratosRefusal 400 */
export function changesOf(before: Document, after: Document): IdentityPatch & { schemaId?: string } {
  const has = (name: string) => !isDeepStrictEqual(before[name], after[name]);
  const textOf = (name: string) => {
    const value = after[name] ?? "";
    if (typeof value !== "string") throw badRequest(`${name} has to be a text.`);
    return value;
  };
  return {
    ...(has("schema_id") ? { schemaId: textOf("schema_id") } : {}),
    ...(has("state") ? { state: stateAfterPatch(textOf("state")) } : {}),
    ...(has("traits") ? { traits: traitsOf(after["traits"] ?? {}) } : {}),
    ...(has("metadata_public") ? { metadata: metadataOf("metadata_public", after["metadata_public"]) } : {}),
    ...(has("metadata_admin")
      ? { metadataAdmin: metadataOf("metadata_admin", after["metadata_admin"]) }
      : {}),
    ...(has("external_id") ? { externalId: textOf("external_id") || null } : {}),
    ...(has("verifiable_addresses") ? addressChanges(before, after) : {}),
  };
}

function stateAfterPatch(state: string): "active" | "inactive" {
  if (state !== "active" && state !== "inactive")
    throw badRequest(
      `The supplied state ('${state}') was not valid. Valid states are ('active', 'inactive').`,
    );
  return state;
}

/** What is known of an address is changed where the traits yield it; with the traits, or it would not be looked at. */
function addressChanges(before: Document, after: Document): IdentityPatch {
  const parsed = createBody.shape.verifiable_addresses.safeParse(after["verifiable_addresses"]);
  if (!parsed.success) throw badRequest("verifiable_addresses has to be a list of addresses.");
  return {
    traits: traitsOf(after["traits"] ?? before["traits"]),
    addresses: addressesOf({ verifiable_addresses: parsed.data, recovery_addresses: [] }),
  };
}

/** What a patch made of the credentials. @throws KratosRefusal 400 */
export function credentialChangesOf(before: Document, after: Document): IdentityPatch {
  const [was, is] = [credentialsIn(before), credentialsIn(after)];
  const credentials: NewCredential[] = [];
  const removed: NonNullable<IdentityPatch["removeCredentials"]> = [];
  for (const [name, value] of Object.entries(is)) {
    if (isDeepStrictEqual(was[name], value)) continue;
    const { type = "", config = {} } = value as { type?: unknown; config?: unknown };
    if (type !== name)
      throw badRequest(`credentials.${name}.type must equal "${name}", got "${String(type)}"`);
    if (!isDeepStrictEqual(configIn(was[name]), config)) credentials.push(credentialOf(name, config, is));
  }
  for (const name of Object.keys(was)) if (!(name in is)) removed.push(...(ownTypes[name] ?? []));
  return {
    ...(credentials.length === 0 ? {} : { credentials }),
    ...(removed.length === 0 ? {} : { removeCredentials: removed }),
  };
}

/** The core's types that a credential of Kratos stands for. */
const ownTypes: Readonly<Record<string, NonNullable<IdentityPatch["removeCredentials"]>>> = {
  password: ["username_password", "password_hash"],
  totp: ["authenticator"],
  lookup_secret: ["backup_codes"],
  webauthn: ["webauthn"],
  passkey: ["passkey"],
};

function credentialOf(name: string, config: unknown, all: Document): NewCredential {
  const parsed = (type: keyof typeof keptDocuments, document: unknown) => {
    const found = keptDocuments[type].safeParse(document);
    if (!found.success) throw badRequest(`credentials.${name}.config is not as Kratos has it.`);
    return toKept(type, found.data);
  };
  switch (name) {
    case "password":
      return parsed("password_hash", config);
    case "lookup_secret":
      return parsed("backup_codes", config);
    case "totp":
      return authenticatorOf(
        typeof config === "object" && config !== null && "totp_url" in config ? String(config.totp_url) : "",
      );
    case "webauthn":
    case "passkey": {
      const other = name === "webauthn" ? "passkey" : "webauthn";
      const ring = configIn(all[other]);
      return parsed("webauthn", { [name]: config, ...(hasKeys(ring) ? { [other]: ring } : {}) });
    }
    default:
      throw badRequest(`credentials.${name} cannot be changed by a patch.`);
  }
}

const hasKeys = (ring: unknown) => typeof ring === "object" && ring !== null && "credentials" in ring;

function credentialsIn(document: Document): Document {
  const { credentials } = document;
  return typeof credentials === "object" && credentials !== null ? { ...credentials } : {};
}

const configIn = (credential: unknown): unknown =>
  typeof credential === "object" && credential !== null && "config" in credential
    ? credential.config
    : undefined;
