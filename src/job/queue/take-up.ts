import { z } from "zod";
import { Failure, toFailure } from "../../failure.ts";
import type { Identities } from "../../identity/identities.ts";
import { failedOutcome } from "../../outcome.ts";
import { parseJob } from "../parse-job.ts";
import { runIdOfJob } from "../record/run-id.ts";
import type { RunStore, Taken } from "../record/runs.ts";
import type { BullJob } from "./queue-backend.ts";

/** A queue's job taken up: which run it is, and what this worker may do with it. */
export type TakenJob = { runId: string; attempt: number; maxAttempts: number } & Taken;

/**
 * Takes a queue's job up as a run. One that a producer put into the queue by itself gets its row now; one whose data
 * cannot even be recorded gets a row that says so, and has ended.
 */
export async function takeUpJob(
  job: BullJob,
  runId: string,
  { worker, runs, identities }: { worker: string; runs: RunStore; identities: Pick<Identities, "get"> },
): Promise<TakenJob> {
  const attempt = job.attemptsMade + 1;
  const maxAttempts = Math.max(job.opts.attempts ?? 1, 1);
  const numbers = { runId, attempt, maxAttempts };
  const taken = await runs.takeUp(runId, { worker, attempt });
  if (taken !== undefined) return { ...numbers, ...taken };

  try {
    const data = parseJob(job.data);
    const identity = await identities.get(data.project, data.identityId).catch(unlessUnavailable);
    await runs.create(
      runId,
      { ...data, identityId: identity?.id ?? data.identityId },
      { maxAttempts, jobId: job.id ?? runId },
    );
  } catch (error) {
    const failure = toFailure(error);
    if (failure.code !== "invalid_job") throw failure;
    await runs.createRefused(runId, job.id ?? runId, failedOutcome(failure));
  }
  const created = await runs.takeUp(runId, { worker, attempt });
  if (created === undefined)
    throw new Failure("internal_error", "A run's row vanished while it was taken up.");
  return { ...numbers, ...created };
}

/** The run a job names, when it names one soundly; else one of its own. */
export function runIdFor(job: BullJob, queueName: string): string {
  const named = z.object({ runId: z.uuid() }).safeParse(job.data);
  return named.success ? named.data.runId : runIdOfJob(queueName, job);
}

/** What is not there is the run's own affair; a Postgres that is away is not the same as an identity that is not there. */
function unlessUnavailable(error: unknown): undefined {
  if (error instanceof Failure && error.code === "database_unavailable") throw error;
}
