import { defineRoute } from "../../define-route.ts";
import { detailsAnswer, succeeded } from "../envelope.ts";
import { extantInPool, identityInPool, idParams, whileExtant } from "./known-identity.ts";
import { identityDetailsSchema, identityTag, viewDetails } from "./view-identity.ts";

export const deleteIdentity = defineRoute({
  method: "DELETE",
  url: "/api/v1/identity/:id",
  access: "admin",
  tag: identityTag,
  summary: "Delete an identity, with its credentials and saved state",
  description: "What it was called can be asked for by its id for 30 days; its identifiers are free at once.",
  params: idParams,
  responses: { 200: detailsAnswer(identityDetailsSchema) },
  failures: ["invalid_argument", "not_found", "conflict"],
  async handler({ deps, params, caller: { project, keyId } }) {
    const { known } = await extantInPool(deps, { project, id: params.id });
    await whileExtant(() => deps.identities.remove(project, known.identity.id, { name: `key:${keyId}` }));
    const { known: left, ...place } = await identityInPool(deps, { project, id: params.id });
    return succeeded({ details: viewDetails(left, place) });
  },
});
