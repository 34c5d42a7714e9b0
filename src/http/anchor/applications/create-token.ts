import { z } from "zod";
import { defineRoute } from "../../define-route.ts";
import { idParams, timeSchema } from "../identities/identity.ts";
import { applicationById, applicationTag } from "./application.ts";

const token = {
  token: z
    .string()
    .meta({ description: "Good for one connected account within 15 minutes; shown this once." }),
  expires_at: timeSchema,
  token_hash: z.string().meta({ description: "SHA-256 of the token in hex, to know it by." }),
};

export const createIdentityToken = defineRoute({
  method: "POST",
  url: "/v1/applications/:id/tokens",
  access: "admin",
  tag: applicationTag,
  summary: "Make a token for the connect page, where somebody connects an account of theirs",
  description:
    "The fields are there twice, under `data` and beside it, with `tokenHash`: clients differ in where they look.",
  params: idParams,
  body: z.object({
    callbackUrl: z.string().max(2_000).meta({
      description:
        "Where the visitor is sent back to: https, or http to loopback; one of the application's own exactly, where it lists any.",
    }),
  }),
  responses: { 201: z.object({ data: z.object(token), ...token, tokenHash: z.string() }) },
  failures: ["not_found"],
  async handler({ deps, params, body, caller: { project, keyId } }) {
    const { id } = await applicationById(deps.applications, project, params.id);
    const made = await deps.connectTokens.make({
      project,
      applicationId: id,
      callbackUrl: body.callbackUrl,
      actor: { name: `key:${keyId}` },
    });
    const data = {
      token: made.token.reveal(),
      expires_at: made.expiresAt.toISOString(),
      token_hash: made.tokenHash,
    };
    return {
      status: 201,
      headers: { "cache-control": "no-store" },
      body: { data, ...data, tokenHash: data.token_hash },
    };
  },
});
