import { z } from "zod";
import type { IdentityPatch } from "../../../identity/identity-input.ts";
import type { Identity } from "../../../identity/types.ts";
import { defineRoute } from "../../define-route.ts";
import { one } from "../paging.ts";
import { badRequest, noResource } from "../refusal.ts";
import { changeIdentity } from "./change-identity.ts";
import { identityTag } from "./identity-call.ts";
import { type KeptDocuments, keysLeft, linkId, toKept } from "./kept-credentials.ts";
import { type CredentialName, viewCredentials } from "./view-credentials.ts";

export const deleteCredentials = defineRoute({
  method: "DELETE",
  url: "/identities/:id/credentials/:type",
  access: "admin",
  tag: identityTag,
  summary: "Delete one of an identity's credentials",
  description:
    "A password, or a login elsewhere, only while there is another first factor: nobody is to be locked out.",
  params: z.object({ id: z.string(), type: z.string() }),
  query: z.object({ identifier: one().meta({ description: "Which login, for `oidc` and `saml`." }) }),
  responses: { 204: z.undefined() },
  failures: ["unknown_identity", "invalid_argument", "not_found"],
  async handler(call) {
    const { params, query } = call;
    await changeIdentity(call, params.id, async (identity, reveal) => {
      const name = Object.keys(viewCredentials(identity)).find(
        (one): one is CredentialName => one === params.type,
      );
      if (name === undefined)
        throw noResource(`You tried to remove a ${params.type} but this user have no ${params.type} set up.`);
      const isKept = identity.credentials.some(({ isKeptOnly }) => isKeptOnly === true);
      const { kept } = isKept ? await reveal() : { kept: {} };
      const patch = removalOf({ name, identity, kept, identifier: query.identifier });
      return patch === undefined ? undefined : () => patch;
    });
    return { status: 204, body: undefined };
  },
});

interface Removal {
  name: CredentialName;
  identity: Identity;
  kept: KeptDocuments;
  identifier: string;
}

/** What is left of them; undefined where nothing changes. @throws KratosRefusal 400, 404 */
function removalOf(removal: Removal): IdentityPatch | undefined {
  const { name, identity, kept } = removal;
  switch (name) {
    case "password":
      assertNotLast(identity, kept);
      return { removeCredentials: ["username_password", "password_hash"] };
    case "oidc":
    case "saml":
      return withoutLink({ ...removal, name });
    case "totp":
      return { removeCredentials: ["authenticator"] };
    case "lookup_secret":
      return { removeCredentials: ["backup_codes"] };
    case "webauthn":
      return withoutSecondKeys(kept.webauthn);
    case "code":
    case "passkey":
    case "deviceauthn":
    case "link_recovery":
    case "code_recovery":
      throw badRequest(`Credentials type ${name} cannot be deleted.`);
  }
}

function withoutLink({
  name,
  identity,
  kept,
  identifier,
}: Removal & { name: "oidc" | "saml" }): IdentityPatch {
  if (identifier === "") throw badRequest("You must specify an identifier to delete this credential.");
  const links = kept[name]?.providers ?? [];
  const left = links.filter((link) => linkId(link) !== identifier);
  if (left.length === links.length)
    throw noResource(`The identifier \`${identifier}\` was not found among ${name} credentials.`);
  assertNotLast(identity, kept);
  return left.length === 0
    ? { removeCredentials: [name] }
    : { credentials: [toKept(name, { providers: left })] };
}

/** Keys that sign in without a password stay. */
function withoutSecondKeys(kept: KeptDocuments["webauthn"]): IdentityPatch | undefined {
  const ring = kept?.webauthn;
  if (ring === undefined) return undefined;
  const credentials = ring.credentials.filter(isPasswordless);
  if (credentials.length === ring.credentials.length) return undefined;
  const { webauthn: _changed, ...others } = kept ?? {};
  return keysLeft(credentials.length === 0 ? others : { ...others, webauthn: { ...ring, credentials } });
}

/** Counts what somebody can begin a login with, as Kratos does: a login by SAML is not its own to count. */
function assertNotLast(identity: Identity, kept: KeptDocuments): void {
  const hasPassword =
    (kept.password_hash?.hashed_password ?? "") !== "" ||
    identity.credentials.some(
      ({ type, passwordless }) => type === "username_password" && passwordless !== true,
    );
  const links = kept.oidc?.providers.length ?? 0;
  const keys = (kept.webauthn?.webauthn?.credentials ?? []).some(isPasswordless) ? 1 : 0;
  if ((hasPassword ? 1 : 0) + links + keys < 2)
    throw badRequest("You cannot remove the last first factor credential.");
}

const isPasswordless = (key: unknown): boolean =>
  typeof key === "object" && key !== null && "is_passwordless" in key && key.is_passwordless === true;
