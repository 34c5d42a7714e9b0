import { z } from "zod";
import { defineRoute } from "../define-route.ts";
import { batchSchema, viewBatch } from "./view-batch.ts";

export const listBatches = defineRoute({
  method: "GET",
  url: "/v1/batches",
  access: "read",
  tag: "batches",
  summary: "List batches, newest first",
  query: z.strictObject({ limit: z.coerce.number().int().min(1).max(200).default(20) }),
  responses: { 200: z.object({ items: z.array(batchSchema) }) },
  async handler({ deps, query, caller }) {
    const batches = await deps.batches.list({ project: caller.project, limit: query.limit });
    return { status: 200, body: { items: batches.map(viewBatch) } };
  },
});
