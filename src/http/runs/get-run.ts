import { defineRoute } from "../define-route.ts";
import { runParams } from "./run-params.ts";
import { runSchema, viewRun } from "./view-run.ts";
import { waitForRun, waitQuery } from "./wait-query.ts";

export const getRun = defineRoute({
  method: "GET",
  url: "/v1/runs/:id",
  access: "read",
  tag: "runs",
  summary: "Get a run",
  description: "With `wait`, once it has ended or the time is over.",
  params: runParams,
  query: waitQuery,
  responses: { 200: runSchema },
  failures: ["not_found"],
  async handler(call) {
    const { deps, params, query, caller } = call;
    const found = await deps.runs.get(caller.project, params.id);
    const run = await waitForRun(deps, { run: found, seconds: query.wait, signal: () => call.signal });
    return { status: 200, body: viewRun(run, deps) };
  },
});
