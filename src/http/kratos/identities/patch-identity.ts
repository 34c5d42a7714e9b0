import { z } from "zod";
import type { Identity } from "../../../identity/types.ts";
import { defineRoute } from "../../define-route.ts";
import type { HttpDeps } from "../../deps.ts";
import { applyPatch, type JsonPatch, patchSchema } from "../json-patch.ts";
import { undecodable } from "../refusal.ts";
import { applicationAfter, schemaIdsOf } from "../schemas/schema-of.ts";
import { changeIdentity, type Stored } from "./change-identity.ts";
import { isOfStored } from "./given-password.ts";
import { actorOf, answerWith, identityTag, idParams, mostBodyBytes } from "./identity-call.ts";
import { credentialChangesOf, hashGiven, type PasswordThere } from "./patch-credentials.ts";
import { changesOf, documentOf } from "./patch-document.ts";
import { ownUsername } from "./present.ts";
import { viewCredentials } from "./view-credentials.ts";
import { shownIdentitySchema, viewIdentity } from "./view-identity.ts";

export const patchIdentity = defineRoute({
  method: "PATCH",
  url: "/identities/:id",
  access: "admin",
  tag: identityTag,
  summary: "Change parts of an identity by a JSON Patch",
  description:
    "RFC 6902's `add`, `remove` and `replace`. What `replace` does not find is added. Ids, times, and logins elsewhere cannot be changed so.",
  params: idParams,
  // Looked at by the handler: whose identity it is comes first.
  body: z.unknown().meta({ description: "A JSON Patch." }),
  mostBodyBytes,
  responses: { 200: shownIdentitySchema },
  failures: ["unknown_identity", "invalid_argument", "invalid_traits", "conflict"],
  async handler(call) {
    const { deps, caller, request } = call;
    const { project } = caller;
    const after = await changeIdentity(call, call.params.id, async (before, reveal) => {
      const patch = readPatch(call.body);
      const touchesCredentials = patch.some(({ path = "" }) => /^\/credentials\//i.test(path));
      const stored = touchesCredentials ? await reveal() : { revealed: {}, kept: {} };
      const schemaIdOf = await schemaIdsOf(deps.applications, project, [before]);
      const at = { request, config: deps.config };
      const patched = (identity: Identity) => {
        const credentials = viewCredentials(identity);
        const shown = viewIdentity(identity, { schemaId: schemaIdOf(identity), at, credentials });
        const was = documentOf(shown, stored);
        return { was, is: applyPatch(was, patch) };
      };
      const { was, is } = patched(before);
      const { schemaId, ...changes } = changesOf(was, is);
      const credentials = touchesCredentials
        ? credentialChangesOf(
            was,
            is,
            await passwordThere(deps, { before, stored, hash: hashGiven(was, is) }),
          )
        : {};
      const application = await applicationAfter(deps.applications, {
        project,
        actor: actorOf(call),
        schemaId: schemaId ?? "",
        hasTraits: Object.keys(changes.traits ?? {}).length > 0,
        before,
      });
      const others = {
        ...(application === undefined ? {} : { applicationId: application.id }),
        ...credentials,
      };
      if (Object.keys({ ...changes, ...others }).length === 0) return undefined;
      return (now) => {
        const again = patched(now);
        const { schemaId: _, ...changesNow } = changesOf(again.was, again.is);
        return { ...changesNow, ...others };
      };
    });
    return { status: 200, body: await answerWith(call, after) };
  },
});

/** @throws KratosRefusal 400 */
function readPatch(body: unknown): JsonPatch {
  if (body == null) throw undecodable("unexpected end of JSON input");
  const patch = patchSchema.safeParse(body);
  if (!patch.success)
    throw undecodable("json: cannot unmarshal the body into Go value of type jsonpatch.Patch");
  return patch.data;
}

async function passwordThere(
  { passwordHashes }: Pick<HttpDeps, "passwordHashes">,
  { before, stored: { revealed }, hash }: { before: Identity; stored: Stored; hash: string | undefined },
): Promise<PasswordThere> {
  return {
    username: ownUsername(before, revealed),
    isSame:
      hash !== undefined && (await isOfStored(passwordHashes, { hash, identityId: before.id, revealed })),
  };
}
