import { z } from "zod";
import { defineRoute } from "../../define-route.ts";
import {
  identityById,
  identityTag,
  idParams,
  shownMetadataSchema,
  shownName,
  statusSchema,
  timeSchema,
} from "./identity.ts";

export const retrieveIdentity = defineRoute({
  method: "GET",
  url: "/v1/identities/:id",
  access: "read",
  tag: identityTag,
  summary: "Get an identity; no secret is shown",
  params: idParams,
  responses: {
    200: z.object({
      id: z.uuid(),
      name: z.string(),
      source: z.string(),
      status: statusSchema,
      metadata: shownMetadataSchema,
      created_at: timeSchema,
      updated_at: timeSchema,
    }),
  },
  failures: ["unknown_identity"],
  async handler({ deps, params, caller }) {
    const identity = await identityById(deps.identities, caller.project, params.id);
    return {
      status: 200,
      body: {
        id: identity.id,
        name: shownName(identity),
        source: identity.sourceUrl ?? "",
        status: identity.status,
        metadata: identity.metadata ?? {},
        created_at: identity.createdAt.toISOString(),
        updated_at: identity.updatedAt.toISOString(),
      },
    };
  },
});
