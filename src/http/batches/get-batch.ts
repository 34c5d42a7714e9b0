import { defineRoute } from "../define-route.ts";
import { batchParams, batchSchema, viewBatch } from "./view-batch.ts";

export const getBatch = defineRoute({
  method: "GET",
  url: "/v1/batches/:id",
  access: "read",
  tag: "batches",
  summary: "A batch: how far it has come, and what it came to",
  description: "`GET /v1/runs?batchId=` lists its runs.",
  params: batchParams,
  responses: { 200: batchSchema },
  failures: ["not_found"],
  async handler({ deps, params, caller }) {
    return { status: 200, body: viewBatch(await deps.batches.get(caller.project, params.id)) };
  },
});
