import { retryRun as retry } from "../../job/retry-run.ts";
import { defineRoute } from "../define-route.ts";
import { idempotencyHeaders, idempotencyOf } from "../idempotency.ts";
import { answerRun } from "./answer-run.ts";
import { runParams } from "./run-params.ts";
import { runSchema } from "./view-run.ts";
import { waitQuery } from "./wait-query.ts";

export const retryRun = defineRoute({
  method: "POST",
  url: "/v1/runs/:id/retry",
  access: "submit",
  tag: "runs",
  summary: "Submit an ended run's job again",
  description: "Makes a new run of the same job, whose `retryOf` names the old one.",
  params: runParams,
  headers: idempotencyHeaders,
  query: waitQuery,
  responses: { 200: runSchema, 202: runSchema },
  failures: [
    "not_found",
    "conflict",
    "unknown_flow",
    "invalid_input",
    "unknown_identity",
    "queue_unavailable",
  ],
  async handler(call) {
    const { deps, params, headers, caller } = call;
    const submitted = await retry(deps, {
      project: caller.project,
      runId: params.id,
      ...idempotencyOf(headers, ["retry", params.id]),
    });
    return answerRun(call, submitted);
  },
});
