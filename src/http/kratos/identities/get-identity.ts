import { z } from "zod";
import { defineRoute } from "../../define-route.ts";
import { many } from "../paging.ts";
import { answerWith, identityById, identityTag, idParams, unkept } from "./identity-call.ts";
import { credentialNamesOf } from "./view-credentials.ts";
import { asSeenBy, shownIdentitySchema } from "./view-identity.ts";

const query = z.object({
  include_credential: many().meta({
    description:
      "Types of credentials whose configuration is to be there: as far as the key may see it. Every call leaves an entry in the audit.",
  }),
});

export const getIdentity = defineRoute({
  method: "GET",
  url: "/identities/:id",
  access: "read",
  tag: identityTag,
  summary: "Get an identity",
  params: idParams,
  query,
  responses: { 200: shownIdentitySchema },
  failures: ["unknown_identity", "key_unavailable"],
  async handler(call) {
    const asked = credentialNamesOf(call.query.include_credential);
    const identity = await identityById(call, call.params.id);
    const shown = await answerWith(call, identity, { asked });
    return { status: 200, headers: unkept, body: asSeenBy(call.caller, shown) };
  },
});

export const getIdentityByExternalId = defineRoute({
  method: "GET",
  url: "/identities/by/external/:externalId",
  access: "read",
  tag: identityTag,
  summary: "Get an identity by what its client calls it",
  params: z.object({ externalId: z.string() }),
  query,
  responses: { 200: shownIdentitySchema },
  failures: ["unknown_identity", "key_unavailable"],
  async handler(call) {
    const { deps, params, caller } = call;
    const asked = credentialNamesOf(call.query.include_credential);
    const identity = await deps.identities.getByExternalId(caller.project, params.externalId);
    const shown = await answerWith(call, identity, { asked });
    return { status: 200, headers: unkept, body: asSeenBy(caller, shown) };
  },
});
