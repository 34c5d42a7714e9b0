import type { JobInput } from "./job.ts";
import { parseJob } from "./parse-job.ts";
import type { EnqueueOptions } from "./queue/queue.ts";
import { createSubmitter, type SubmitterDeps } from "./submitter.ts";

export type SubmitDeps = SubmitterDeps;

/**
 * Checks a job, records its run and queues it. What a worker would refuse is refused here, at once.
 * @returns the run's id
 * @throws Failure `invalid_job`, `unknown_flow`, `invalid_input`, `unknown_identity`, `queue_unavailable`
 */
export async function submitRun(deps: SubmitDeps, data: JobInput, options: EnqueueOptions): Promise<string> {
  const { run } = await createSubmitter(deps).submit({ job: parseJob(data), options });
  return run.id;
}
