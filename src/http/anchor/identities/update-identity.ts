import { z } from "zod";
import { defineRoute } from "../../define-route.ts";
import { credentialSchema, toCredentials, typesLeftOut } from "./credential-union.ts";
import {
  identityById,
  identityTag,
  idParams,
  metadataSchema,
  shownMetadataSchema,
  shownName,
  shownNameSchema,
  timeSchema,
} from "./identity.ts";
import { validate } from "./validate.ts";

export const updateIdentity = defineRoute({
  method: "PUT",
  url: "/v1/identities/:id",
  access: "admin",
  tag: identityTag,
  summary: "Change an identity's name, metadata or credentials",
  description:
    "What is left out stays. Metadata and credentials are replaced as a whole; with new credentials it is `pending` and signed in with anew, in the background.",
  params: idParams,
  body: z
    .preprocess(
      (body) => body ?? {},
      z.object({
        name: shownNameSchema.nullish(),
        metadata: metadataSchema.nullish(),
        credentials: z.array(credentialSchema).nullish(),
      }),
    )
    .meta({ id: "AnchorUpdateIdentity" }),
  responses: {
    200: z.object({ id: z.uuid(), name: z.string(), metadata: shownMetadataSchema, updated_at: timeSchema }),
  },
  failures: ["unknown_identity"],
  async handler(call) {
    const { deps, params, caller, body } = call;
    const { project, keyId } = caller;
    const { id } = await identityById(deps.identities, project, params.id);
    const credentials = body.credentials ?? undefined;
    const identity = await deps.identities.update(
      project,
      id,
      {
        ...(body.name == null ? {} : { displayName: body.name }),
        ...(body.metadata == null ? {} : { metadata: body.metadata }),
        ...(credentials === undefined
          ? {}
          : { credentials: toCredentials(credentials), removeCredentials: typesLeftOut(credentials) }),
      },
      { name: `key:${keyId}` },
    );
    if (credentials !== undefined && credentials.length > 0)
      await validate(deps, { identity, wait: false, signal: () => call.signal, log: call.request.log });
    return {
      status: 200,
      body: {
        id,
        name: shownName(identity),
        metadata: identity.metadata ?? {},
        updated_at: identity.updatedAt.toISOString(),
      },
    };
  },
});
