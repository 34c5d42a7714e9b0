import { isDeepStrictEqual } from "node:util";
import type { IdentityPatch } from "../../../identity/identity-input.ts";
import { badRequest } from "../refusal.ts";
import { createBody } from "./body.ts";
import type { Stored } from "./change-identity.ts";
import { addressesOf, metadataOf, traitsOf } from "./identity-input.ts";
import type { ShownIdentity } from "./view-identity.ts";

export type Document = Record<string, unknown>;

/** The identity as a patch sees it: as it is shown, and with what is in its credentials. Nobody is shown this. */
export function documentOf(shown: ShownIdentity, { revealed, kept }: Stored): Document {
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
    // Taken away, it says nothing of another.
    ...(has("schema_id") && textOf("schema_id") !== "" ? { schemaId: textOf("schema_id") } : {}),
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
