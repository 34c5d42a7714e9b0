import { z } from "zod";
import { mostRuns, submitBatch as submit } from "../../job/batch/submit-batch.ts";
import { defineRoute } from "../define-route.ts";
import { idempotencyHeaders, idempotencyOf } from "../idempotency.ts";
import { submissionOf, submitBody } from "../runs/submit-run.ts";
import { batchSchema, viewBatch } from "./view-batch.ts";

export const submitBatch = defineRoute({
  method: "POST",
  url: "/v1/batches",
  access: "submit",
  tag: "batches",
  summary: `Submit up to ${mostRuns.toLocaleString("en")} runs as one`,
  description:
    "For one identity or many. All are submitted, or none: where one would be refused, each fault is told with its place. `runIds` stands in the order of `runs`.",
  headers: idempotencyHeaders,
  mostBodyBytes: 16 * 1024 ** 2,
  body: z
    .strictObject({
      name: z.string().min(1).max(200).optional().meta({ description: "For people." }),
      runs: z.array(submitBody).min(1).max(mostRuns),
    })
    .meta({ id: "SubmitBatch" }),
  responses: { 202: z.object({ batch: batchSchema, runIds: z.array(z.uuid()) }) },
  failures: ["invalid_input", "conflict", "queue_unavailable"],
  async handler({ deps, body, headers, caller: { project } }) {
    const { batch, runIds, isRepeated } = await submit(
      { ...deps, db: deps.database.kysely, webhookAllow: deps.config.webhookAllow },
      {
        project,
        ...(body.name === undefined ? {} : { name: body.name }),
        runs: body.runs.map((run) => submissionOf(run, { project, attempts: deps.config.attempts })),
        ...idempotencyOf(headers, ["batch", body]),
      },
    );
    return {
      status: 202,
      headers: {
        location: `/v1/batches/${batch.id}`,
        ...(isRepeated ? { "idempotency-replayed": "true" } : {}),
      },
      body: { batch: viewBatch(batch), runIds },
    };
  },
});
