import { defineRoute } from "../../define-route.ts";
import { publicUrl } from "../../public-url.ts";
import { undecodable } from "../refusal.ts";
import { createBody } from "./body.ts";
import { answerWith, identityTag, mostBodyBytes } from "./identity-call.ts";
import { atCreation, makeIdentity, newIdentityOf } from "./make-identity.ts";
import { shownIdentitySchema } from "./view-identity.ts";

export const createIdentity = defineRoute({
  method: "POST",
  url: "/identities",
  access: "admin",
  tag: identityTag,
  summary: "Create an identity, and import credentials",
  description:
    "No login is tried: the first run that needs the identity signs it in, or `latchkey identities validate`.",
  body: createBody.nullish(),
  mostBodyBytes,
  responses: { 201: shownIdentitySchema },
  failures: ["invalid_argument", "invalid_traits", "conflict"],
  async handler(call) {
    const { body, request, deps } = call;
    if (body == null) throw undecodable("EOF");
    const { identity, schemaId } = await makeIdentity(call, body.schema_id, newIdentityOf(body)).catch(
      (error: unknown) => {
        throw atCreation(error);
      },
    );
    const { href } = publicUrl(`/admin/identities/${identity.id}`, { request, config: deps.config });
    return {
      status: 201,
      headers: { location: href },
      body: await answerWith(call, identity, { isNew: true, schemaId }),
    };
  },
});
