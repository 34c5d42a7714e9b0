import { z } from "zod";
import { type Job, jobSchema } from "../../job/job.ts";
import { defineRoute } from "../define-route.ts";
import { idempotencyHeaders, idempotencyOf } from "../idempotency.ts";
import { runSchema, viewRun } from "./view-run.ts";
import { waitForRun, waitQuery } from "./wait-query.ts";

const longestDelayMs = 366 * 24 * 3_600_000;
/** BullMQ's own limit. */
const lowestPriority = 2 ** 21 - 1;

/** A job as the API takes it: its project is the key's, its id the server's to give. */
export const submitBody = jobSchema
  .omit({ project: true, runId: true, scheduleId: true })
  .extend({
    // Parsed from JSON a moment ago, it can hold nothing else.
    input: z.unknown().optional().meta({ description: "Of the form that the flow's input schema says." }),
    priority: z
      .int()
      .min(0)
      .max(lowestPriority)
      .optional()
      .meta({ description: "1 is the most urgent; 0, the default, comes before all." }),
    delayMs: z.int().min(0).max(longestDelayMs).optional().meta({ description: "Start no sooner." }),
    attempts: z
      .int()
      .min(1)
      .max(100)
      .optional()
      .meta({ description: "In all, the first included; LATCHKEY_ATTEMPTS unless given." }),
  })
  .meta({ id: "SubmitRun" });

export const submitRun = defineRoute({
  method: "POST",
  url: "/v1/runs",
  access: "submit",
  tag: "runs",
  summary: "Submit a run",
  description:
    "Answers 202 with the run as it was queued; with `wait`, 200 with the run if it has ended by then.",
  headers: idempotencyHeaders,
  query: waitQuery,
  body: submitBody,
  responses: { 200: runSchema, 202: runSchema },
  failures: ["unknown_flow", "invalid_input", "unknown_identity", "conflict", "queue_unavailable"],
  async handler(call) {
    const { deps, body, headers, caller } = call;
    const { priority, delayMs, attempts = deps.config.attempts, ...rest } = body;
    const { run: submitted, isRepeated } = await deps.submitter.submit({
      job: { ...rest, project: caller.project } as Job,
      options: {
        attempts,
        ...(delayMs === undefined ? {} : { delayMs }),
        ...(priority === undefined ? {} : { priority }),
      },
      ...idempotencyOf(headers, ["submit", body]),
    });
    const run = await waitForRun(deps, {
      run: submitted,
      seconds: call.query.wait,
      signal: () => call.signal,
    });
    return {
      status: run.endedAt === null ? 202 : 200,
      headers: {
        location: `/v1/runs/${run.id}`,
        ...(isRepeated ? { "idempotency-replayed": "true" } : {}),
      },
      body: viewRun(run, deps),
    };
  },
});
