import { includesScope } from "../../api-keys/scopes.ts";
import { defineRoute } from "../../define-route.ts";
import { fetchAnswer, succeeded } from "../envelope.ts";
import { identityInPool, idParams } from "./known-identity.ts";
import { identityDetailsSchema, identityTag, viewDetails } from "./view-identity.ts";

export const getIdentity = defineRoute({
  method: "GET",
  url: "/api/v1/identity/:id",
  access: "read",
  tag: identityTag,
  summary: "Get an identity, also a deleted one; no secret is shown",
  params: idParams,
  responses: { 200: fetchAnswer(identityDetailsSchema) },
  failures: ["invalid_argument", "not_found"],
  async handler({ deps, params, caller: { project, scope } }) {
    const { known, ...place } = await identityInPool(deps, { project, id: params.id });
    const mayChange = !known.isDeleted && includesScope(scope, "admin");
    return succeeded({
      actions: { update: mayChange, delete: mayChange },
      details: viewDetails(known, place),
    });
  },
});
