import { z } from "zod";
import { Failure } from "../../../failure.ts";
import { includesScope } from "../../api-keys/scopes.ts";
import { defineRoute } from "../../define-route.ts";
import { showCredentials, shownCredentialSchema } from "./credential-union.ts";
import { identityById, identityTag, idParams, shownName } from "./identity.ts";

export const retrieveCredentials = defineRoute({
  method: "GET",
  url: "/v1/identities/:id/credentials",
  access: "admin",
  tag: identityTag,
  summary: "Get an identity's credentials in the clear, with the authenticator's code of this moment",
  description:
    "Every call leaves an entry in the audit. LATCHKEY_CREDENTIALS_ROUTE keeps it to keys of scope `credentials`, or switches it off.",
  params: idParams,
  responses: {
    200: z.object({
      id: z.uuid(),
      name: z.string(),
      source: z.string(),
      credentials: z.array(shownCredentialSchema),
    }),
  },
  failures: ["unknown_identity", "key_unavailable"],
  async handler({ deps: { config, identities }, params, caller: { project, keyId, scope } }) {
    const { credentialsRoute: who } = config;
    if (who === "off")
      throw new Failure(
        "forbidden",
        "This server shows nobody stored credentials: LATCHKEY_CREDENTIALS_ROUTE is off.",
      );
    if (!includesScope(scope, who))
      throw new Failure("forbidden", `This needs a key of scope ${who}; this one's is ${scope}.`);
    const identity = await identityById(identities, project, params.id);
    const revealed = await identities.revealCredentials(identity.id, { name: `key:${keyId}` });
    return {
      status: 200,
      headers: { "cache-control": "no-store" },
      body: {
        id: identity.id,
        name: shownName(identity),
        source: identity.sourceUrl ?? "",
        credentials: await showCredentials(revealed, Date.now()),
      },
    };
  },
});
