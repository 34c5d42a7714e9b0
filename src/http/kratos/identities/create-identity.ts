import { defineRoute } from "../../define-route.ts";
import { idempotencyHeaders } from "../../idempotency.ts";
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
  headers: idempotencyHeaders.extend({
    "idempotency-key": idempotencyHeaders.shape["idempotency-key"].meta({
      description:
        "Your own name for this request. The same key with the same body is the identity the first request made, for 24 hours; with another body it is refused.",
    }),
  }),
  body: createBody.nullish(),
  mostBodyBytes,
  responses: { 201: shownIdentitySchema },
  failures: ["invalid_argument", "invalid_traits", "conflict"],
  async handler(call) {
    const { body, headers, request, deps } = call;
    if (body == null) throw undecodable("EOF");
    const key = headers["idempotency-key"];
    const idempotency =
      key === undefined
        ? undefined
        : { key, fingerprint: deps.fingerprints.of(["kratos create identity", body]) };
    const { identity, schemaId } = await makeIdentity(
      call,
      body.schema_id,
      newIdentityOf(body),
      idempotency,
    ).catch((error: unknown) => {
      throw atCreation(error);
    });
    const { href } = publicUrl(`/admin/identities/${identity.id}`, { request, config: deps.config });
    return {
      status: 201,
      headers: { location: href },
      body: await answerWith(call, identity, { isNew: true, schemaId }),
    };
  },
});
