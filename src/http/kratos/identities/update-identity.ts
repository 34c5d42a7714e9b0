import { defineRoute } from "../../define-route.ts";
import { emptyBody } from "../refusal.ts";
import { applicationAfter } from "../schemas/schema-of.ts";
import { updateBody } from "./body.ts";
import { actorOf, answerWith, identityById, identityTag, idParams, mostBodyBytes } from "./identity-call.ts";
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
    "Traits, metadata and the external id that are left out are cleared; schema, state and credentials stay. Whose username or password changes has to be signed in anew.",
  params: idParams,
  body: updateBody.nullish(),
  mostBodyBytes,
  responses: { 200: shownIdentitySchema },
  failures: ["unknown_identity", "invalid_argument", "invalid_traits", "conflict"],
  async handler(call) {
    const { deps, caller, body } = call;
    if (body == null) throw emptyBody();
    const fields = identityFields(body);
    const before = await identityById(call, call.params.id);
    const { project } = caller;
    const actor = actorOf(call);
    const credentials = importCredentials(
      body.credentials,
      await presentOf(deps.identities, { identity: before, given: body.credentials, actor }),
    );
    const traits = traitsOf(body.traits);
    const hasTraits = Object.keys(traits).length > 0;
    const application = await applicationAfter(deps.applications, {
      project,
      actor,
      schemaId: body.schema_id,
      hasTraits,
      before,
    });
    // Of no application, it has no schema that would ask for any.
    const isFree = before.applicationId === null && application === undefined;
    const after = await deps.identities.update(
      project,
      before.id,
      {
        ...fields,
        ...(isFree ? {} : { traits }),
        ...(application === undefined ? {} : { applicationId: application.id }),
        ...(credentials.length === 0 ? {} : { credentials }),
      },
      actor,
    );
    return { status: 200, body: await answerWith(call, after) };
  },
});
