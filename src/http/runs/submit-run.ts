import { z } from "zod";
import { type Job, jobSchema } from "../../job/job.ts";
import type { Submission } from "../../job/submitter.ts";
import { defineRoute } from "../define-route.ts";
import { idempotencyHeaders, idempotencyOf } from "../idempotency.ts";
import { plainId } from "../prefactor/pfid.ts";
import { answerRun } from "./answer-run.ts";
import { runSchema } from "./view-run.ts";
import { waitQuery } from "./wait-query.ts";

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

/** What a body asks for, as it is submitted. */
export function submissionOf(
  { priority, delayMs, attempts, identityId, ...rest }: z.output<typeof submitBody>,
  defaults: { project: string; attempts: number },
): Pick<Submission, "job" | "options"> {
  return {
    job: {
      ...rest,
      identityId: plainId(identityId, defaults.project),
      project: defaults.project,
    } as Job,
    options: {
      attempts: attempts ?? defaults.attempts,
      ...(delayMs === undefined ? {} : { delayMs }),
      ...(priority === undefined ? {} : { priority }),
    },
  };
}

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
    const submitted = await deps.submitter.submit({
      ...submissionOf(body, { project: caller.project, attempts: deps.config.attempts }),
      ...idempotencyOf(headers, ["submit", body]),
    });
    return answerRun(call, submitted);
  },
});
