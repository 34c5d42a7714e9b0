import { z } from "zod";
import { applicationOfSource, urlOfSource } from "../../../identity/applications/source.ts";
import { assertNewIdentity } from "../../../identity/identity-input.ts";
import { defineRoute } from "../../define-route.ts";
import { credentialSchema, toCredentials } from "./credential-union.ts";
import {
  identityTag,
  metadataSchema,
  shownMetadataSchema,
  shownName,
  shownNameSchema,
  statusSchema,
  timeSchema,
  unnamed,
} from "./identity.ts";
import { validate } from "./validate.ts";

export const createIdentity = defineRoute({
  method: "POST",
  url: "/v1/identities",
  access: "admin",
  tag: identityTag,
  summary: "Create an identity, and sign in with it to see that it works",
  description:
    "It belongs to the application of `applicationName`, or of its source's host; one is made where there is none. With `validateAsync=false` the answer waits until the login has ended.",
  query: z.object({ validateAsync: z.enum(["true", "false"]).default("true") }),
  body: z
    .object({
      source: z.string().min(1).max(2_000).meta({ description: "The login page's URL, or a host." }),
      credentials: z.array(credentialSchema).nullish(),
      name: shownNameSchema.nullish(),
      metadata: metadataSchema.nullish(),
      applicationName: z.string().min(1).max(100).nullish(),
      applicationDescription: z.string().max(2_000).nullish(),
    })
    .meta({ id: "AnchorCreateIdentity" }),
  responses: {
    201: z.object({
      id: z.uuid(),
      name: z.string(),
      status: statusSchema,
      metadata: shownMetadataSchema,
      created_at: timeSchema,
    }),
  },
  async handler(call) {
    const { deps, body, query, caller } = call;
    const { project, keyId } = caller;
    const actor = { name: `key:${keyId}` };
    const url = urlOfSource(body.source);
    const input = {
      displayName: body.name ?? unnamed,
      sourceUrl: url,
      credentials: toCredentials(body.credentials ?? []),
      metadata: body.metadata ?? {},
    };
    // Before an application is made for an identity that comes to nothing.
    assertNewIdentity(input);
    const application = await applicationOfSource(deps.applications, {
      project,
      url,
      name: body.applicationName ?? undefined,
      description: body.applicationDescription ?? undefined,
      actor,
    });
    const made = await deps.identities.create(project, { ...input, applicationId: application.id }, actor);
    if (input.credentials.length > 0)
      await validate(deps, {
        identity: made,
        wait: query.validateAsync === "false",
        signal: () => call.signal,
        log: call.request.log,
      });
    const { id, metadata, createdAt, status } =
      query.validateAsync === "false" ? await deps.identities.get(project, made.id) : made;
    return {
      status: 201,
      body: {
        id,
        name: shownName(made),
        status,
        metadata: metadata ?? {},
        created_at: createdAt.toISOString(),
      },
    };
  },
});
