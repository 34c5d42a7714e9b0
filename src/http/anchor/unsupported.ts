import { z } from "zod";
import { Failure } from "../../failure.ts";
import { defineRoute, type Route } from "../define-route.ts";

/** What Anchor's API has and Latchkey has not: the agent, its tools and tasks, extensions, batches. */
const unsupported: readonly (readonly [Route["method"], Route["url"]])[] = [
  ["GET", "/v1/sessions/history"],
  ["POST", "/v1/sessions/async"],
  ["GET", "/v1/sessions/async/:request/status"],
  ["POST", "/v1/tools/fetch-webpage"],
  ["POST", "/v1/tools/perform-web-task"],
  ["GET", "/v1/tools/perform-web-task/:workflow/status"],
  ["POST", "/v1/tools/screenshot"],
  ["POST", "/v1/task"],
  ["GET", "/v1/task"],
  ["POST", "/v1/task/run"],
  ["GET", "/v1/task/:task/executions/:execution"],
  ["POST", "/v2/tasks/:task/run"],
  ["GET", "/v2/tasks/runs/:run/status"],
  ["GET", "/v1/extensions"],
  ["POST", "/v1/extensions"],
  ["GET", "/v1/extensions/:extension"],
  ["DELETE", "/v1/extensions/:extension"],
  ["POST", "/v1/batch-sessions"],
  ["GET", "/v1/batch-sessions"],
  ["GET", "/v1/batch-sessions/:batch"],
];

export const unsupportedRoutes: readonly Route[] = unsupported.map(([method, url]) =>
  defineRoute({
    method,
    url,
    access: "read",
    tag: "anchor: not served",
    summary: "Not served",
    responses: { 200: z.object({}) },
    failures: ["not_implemented"],
    handler: async () => {
      throw new Failure("not_implemented", "Not implemented");
    },
  }),
);
