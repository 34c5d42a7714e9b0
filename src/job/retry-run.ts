import { Failure } from "../failure.ts";
import type { RunStore } from "./record/runs.ts";
import type { Submission, Submitted, Submitter } from "./submitter.ts";

/**
 * Submits an ended run's job again, as a new run that names the old one.
 * @throws Failure `not_found`; `conflict` while the run goes on, or where it was a visitor's of the connect page; and what submitting throws
 */
export async function retryRun(
  { runs, submitter }: { runs: Pick<RunStore, "toRetry">; submitter: Submitter },
  { project, runId, idempotency }: { project: string; runId: string } & Pick<Submission, "idempotency">,
): Promise<Submitted> {
  const { job, maxAttempts, hasEnded, isOfVisit } = await runs.toRetry(project, runId);
  if (!hasEnded) throw new Failure("conflict", `The run ${runId} has not ended: cancel it first.`);
  if (isOfVisit)
    throw new Failure(
      "conflict",
      `The run ${runId} signed somebody in on the connect page: only its visitor can try again.`,
    );
  return submitter.submit({
    job,
    options: { attempts: maxAttempts },
    retryOf: runId,
    ...(idempotency === undefined ? {} : { idempotency }),
  });
}
