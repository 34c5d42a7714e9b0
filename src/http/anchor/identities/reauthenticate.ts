import { z } from "zod";
import { checkHealthFlowName } from "../../../job/catalogue/check-health-flow.ts";
import { validateFlowName } from "../../../job/catalogue/validate-flow.ts";
import { defineRoute } from "../../define-route.ts";
import { identityById, identityTag, idParams, statusSchema } from "./identity.ts";
import { runOwnFlow } from "./validate.ts";

const answer = z.object({
  identity_id: z.uuid(),
  identityId: z.uuid(),
  async: z.boolean().meta({ description: "Whether the login is still under way." }),
  status: statusSchema,
  authenticated: z
    .boolean()
    .nullable()
    .meta({ description: "Whether it is signed in; null while that is not known." }),
  failure: z.string().nullable().meta({ description: "Why not: a code of docs/failures.md." }),
  run_id: z.uuid(),
});

export const reauthenticate = defineRoute({
  method: "POST",
  url: "/v1/identities/:id/reauthenticate",
  access: "submit",
  tag: identityTag,
  summary: "Look whether an identity is still signed in, and sign it in again where it is not",
  description:
    "Answers 202 at once; with `sync`, 200 when that is done, unless no worker takes it up within 15 seconds. An identity that was never signed in, or was refused, is signed in anew.",
  params: idParams,
  body: z.preprocess((body) => body ?? {}, z.object({ sync: z.boolean().nullish() })),
  responses: { 200: answer, 202: answer },
  failures: ["unknown_identity", "queue_unavailable"],
  async handler(call) {
    const { deps, params, caller, body } = call;
    const before = await identityById(deps.identities, caller.project, params.id);
    const isKnownGood = before.status === "validated" && before.autoReauthenticate;
    const run = await runOwnFlow(deps, {
      identity: before,
      flow: isKnownGood ? checkHealthFlowName : validateFlowName,
      wait: body.sync === true,
      signal: () => call.signal,
    });
    const { id, status } = await deps.identities.get(caller.project, before.id);
    const { outcome } = run;
    return {
      status: outcome === null ? 202 : 200,
      body: {
        identity_id: id,
        identityId: id,
        async: outcome === null,
        status,
        authenticated: outcome === null ? null : outcome.status === "succeeded",
        failure: outcome?.status === "failed" ? outcome.code : null,
        run_id: run.id,
      },
    };
  },
});
