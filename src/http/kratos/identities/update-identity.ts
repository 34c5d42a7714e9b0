import { defineRoute } from "../../define-route.ts";
import { emptyBody } from "../refusal.ts";
import { applicationAfter } from "../schemas/schema-of.ts";
import { updateBody } from "./body.ts";
import { changeIdentity } from "./change-identity.ts";
import { actorOf, answerWith, identityTag, idParams, mostBodyBytes } from "./identity-call.ts";
import { identityFields, traitsOf } from "./identity-input.ts";
import { importCredentials } from "./import-credentials.ts";
import { presentOf } from "./present.ts";
import { shownIdentitySchema } from "./view-identity.ts";

export const updateIdentity = defineRoute({
  method: "PUT",
  url: "/identities/:id",
  access: "admin",
  tag: identityTag,
  summary: "Replace an identity",
  description:
    "Traits, metadata and the external id that are left out are cleared; schema, state and credentials stay. Whose username or password changes has to be signed in anew. A password that is sent back as it was shown, hashed, stays.",
  params: idParams,
  body: updateBody.nullish(),
  mostBodyBytes,
  responses: { 200: shownIdentitySchema },
  failures: ["unknown_identity", "invalid_argument", "invalid_traits", "conflict"],
  async handler(call) {
    const { deps, caller, body } = call;
    if (body == null) throw emptyBody();
    const fields = identityFields(body);
    const traits = traitsOf(body.traits);
    const { project } = caller;
    const after = await changeIdentity(call, call.params.id, async (before, reveal) => {
      const present = await presentOf(deps, { identity: before, given: body.credentials, reveal });
      const credentials = importCredentials(body.credentials, present);
      const application = await applicationAfter(deps.applications, {
        project,
        actor: actorOf(call),
        schemaId: body.schema_id,
        hasTraits: Object.keys(traits).length > 0,
        before,
      });
      // Of no application, it has no schema that would ask for any.
      const isFree = before.applicationId === null && application === undefined;
      return () => ({
        ...fields,
        ...(isFree ? {} : { traits }),
        ...(application === undefined ? {} : { applicationId: application.id }),
        ...(credentials.length === 0 ? {} : { credentials }),
      });
    });
    return { status: 200, body: await answerWith(call, after) };
  },
});
