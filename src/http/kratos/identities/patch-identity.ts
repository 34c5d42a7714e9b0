import { z } from "zod";
import { defineRoute } from "../../define-route.ts";
import { applyPatch, patchSchema } from "../json-patch.ts";
import { undecodable } from "../refusal.ts";
import { applicationAfter } from "../schemas/schema-of.ts";
import { actorOf, answerWith, identityById, identityTag, idParams, mostBodyBytes } from "./identity-call.ts";
import { keptOf } from "./kept-credentials.ts";
import { changesOf, credentialChangesOf, documentOf } from "./patch-document.ts";
import { shownIdentitySchema } from "./view-identity.ts";

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
    const { deps, caller } = call;
    const { project } = caller;
    const before = await identityById(call, call.params.id);
    if (call.body == null) throw undecodable("unexpected end of JSON input");
    const patch = patchSchema.safeParse(call.body);
    if (!patch.success)
      throw undecodable("json: cannot unmarshal the body into Go value of type jsonpatch.Patch");
    const actor = actorOf(call);
    const touchesCredentials = patch.data.some(({ path = "" }) => /^\/credentials\//i.test(path));
    const revealed = touchesCredentials ? await deps.identities.revealCredentials(before.id, actor) : {};
    const shown = await answerWith(call, before);
    const document = documentOf(shown, { revealed, kept: keptOf(revealed) });
    const patched = applyPatch(document, patch.data);
    const { schemaId, ...changes } = changesOf(document, patched);
    const application = await applicationAfter(deps.applications, {
      project,
      actor,
      schemaId: schemaId ?? "",
      hasTraits: Object.keys(changes.traits ?? {}).length > 0,
      before,
    });
    const credentials = touchesCredentials ? credentialChangesOf(document, patched) : {};
    const patchOfCore = {
      ...changes,
      ...(application === undefined ? {} : { applicationId: application.id }),
      ...credentials,
    };
    const after =
      Object.keys(patchOfCore).length === 0
        ? before
        : await deps.identities.update(project, before.id, patchOfCore, actor);
    return { status: 200, body: await answerWith(call, after) };
  },
});
