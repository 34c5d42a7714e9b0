import { cancelBatch as cancel } from "../../job/batch/cancel-batch.ts";
import { defineRoute } from "../define-route.ts";
import { batchParams, batchSchema, viewBatch } from "./view-batch.ts";

export const cancelBatch = defineRoute({
  method: "DELETE",
  url: "/v1/batches/:id",
  access: "submit",
  tag: "batches",
  summary: "Cancel what has not ended of a batch",
  description: "Answers 202 while workers still have runs of it, which they are told to stop.",
  params: batchParams,
  responses: { 200: batchSchema, 202: batchSchema },
  failures: ["not_found"],
  async handler({ deps, params, caller }) {
    const batch = await cancel(deps, { project: caller.project, id: params.id });
    return { status: batch.endedAt === null ? 202 : 200, body: viewBatch(batch) };
  },
});
