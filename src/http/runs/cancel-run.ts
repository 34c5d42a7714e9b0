import { cancelRun as cancel } from "../../job/cancel.ts";
import { defineRoute } from "../define-route.ts";
import { runParams } from "./run-params.ts";
import { runSchema, viewRun } from "./view-run.ts";

export const cancelRun = defineRoute({
  method: "DELETE",
  url: "/v1/runs/:id",
  access: "submit",
  tag: "runs",
  summary: "Cancel a run",
  description:
    "Answers 200 with the run where it has ended by that, or had before; 202 where the worker that has it is told to stop.",
  params: runParams,
  responses: { 200: runSchema, 202: runSchema },
  failures: ["not_found"],
  async handler({ deps, params, caller }) {
    const run = await cancel(deps, caller.project, params.id);
    return { status: run.endedAt === null ? 202 : 200, body: viewRun(run, deps) };
  },
});
