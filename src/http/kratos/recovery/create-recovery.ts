import { z } from "zod";
import { Failure } from "../../../failure.ts";
import { makeRecovery, type Recovery } from "../../../identity/connect/make-recovery.ts";
import { isUuid } from "../../../identity/identity-input.ts";
import { defineRoute } from "../../define-route.ts";
import { publicUrl } from "../../public-url.ts";
import { lax, text } from "../decode.ts";
import { actorOf, type IdentityCall } from "../identities/identity-call.ts";
import { one } from "../paging.ts";
import { badRequest, emptyBody, noIdentity, undecodable } from "../refusal.ts";
import { lifeMsOf } from "./life.ts";

const recoveryTag = "kratos: recovery";
const failures = ["invalid_argument", "unknown_identity"] as const;

const wanted = {
  identity_id: text(),
  expires_in: text().meta({ description: "As `1h` or `15m`: 15 minutes unless given, 30 days at most." }),
};
const link = z.url().meta({ description: "Of the connect page: whoever has it can sign the identity in." });
const expires = { expires_at: z.iso.datetime() };

export const createRecoveryCode = defineRoute({
  method: "POST",
  url: "/recovery/code",
  access: "admin",
  tag: recoveryTag,
  summary: "Make a link to the connect page for an identity, and the code it asks for first",
  description:
    "The two are to reach whose account it is by different ways. After a few wrong codes the link is good for nothing.",
  body: lax({ ...wanted, flow_type: text() }).nullish(),
  responses: { 201: z.object({ recovery_link: link, recovery_code: z.string(), ...expires }) },
  failures,
  async handler(call) {
    const { body } = call;
    if (body == null) throw emptyBody();
    if (!["", "browser", "api"].includes(body.flow_type))
      throw badRequest("The flow type is `browser` or `api`.");
    const made = await recover(call, { asked: body, withCode: true }).catch((error: unknown) => {
      throw isUnknown(error) ? noIdentity("could not find identity") : error;
    });
    return {
      status: 201,
      headers: { "cache-control": "no-store" },
      body: { ...view(call, made), recovery_code: made.code?.reveal() ?? "" },
    };
  },
});

export const createRecoveryLink = defineRoute({
  method: "POST",
  url: "/recovery/link",
  access: "admin",
  tag: recoveryTag,
  summary: "Make a link to the connect page for an identity, where its account's owner signs in",
  query: z.object({
    return_to: one().meta({ description: "Where the visitor is sent to at the end: as a callback URL is." }),
  }),
  body: lax(wanted).nullish(),
  responses: { 200: z.object({ recovery_link: link, ...expires }) },
  failures,
  async handler(call) {
    const { body, query } = call;
    if (body == null) throw emptyBody();
    const made = await recover(call, { asked: body, returnTo: query.return_to, withCode: false }).catch(
      (error: unknown) => {
        throw isUnknown(error) ? badRequest("The requested identity id does not exist.") : error;
      },
    );
    return { status: 200, headers: { "cache-control": "no-store" }, body: view(call, made) };
  },
});

async function recover(
  call: IdentityCall,
  {
    asked,
    returnTo = "",
    withCode,
  }: { asked: { identity_id: string; expires_in: string }; returnTo?: string; withCode: boolean },
): Promise<Recovery> {
  const { identity_id: identityId, expires_in: expiresIn } = asked;
  if (!isUuid(identityId)) throw undecodable("uuid: incorrect UUID format");
  const lifeMs = lifeMsOf(expiresIn);
  try {
    return await makeRecovery(call.deps, {
      project: call.caller.project,
      identityId,
      lifeMs,
      withCode,
      actor: actorOf(call),
      ...(returnTo === "" ? {} : { returnTo }),
    });
  } catch (error) {
    // To Kratos's clients it is the request that cannot be met.
    const isState =
      error instanceof Failure && (error.code === "no_site" || error.code === "identity_inactive");
    if (isState) throw badRequest(error.message);
    if (error instanceof Failure && error.message.startsWith("callbackUrl "))
      throw badRequest(error.message.replace("callbackUrl", "return_to"));
    throw error;
  }
}

function view({ deps, request }: IdentityCall, { token, expiresAt }: Recovery) {
  const { href } = publicUrl(`/identity/create?token=${token.reveal()}`, { request, config: deps.config });
  return { recovery_link: href, expires_at: expiresAt.toISOString() };
}

const isUnknown = (error: unknown) => error instanceof Failure && error.code === "unknown_identity";
