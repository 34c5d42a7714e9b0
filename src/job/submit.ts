import { randomUUID } from "node:crypto";
import type { Kysely } from "kysely";
import type { Tables } from "../database/tables.ts";
import { type AllowedDestinations, faultOfDestination } from "../destinations.ts";
import { Failure } from "../failure.ts";
import type { Identities } from "../identity/identities.ts";
import { failedOutcome } from "../outcome.ts";
import type { Catalogue } from "./catalogue/catalogue.ts";
import { checkSchema } from "./catalogue/check-schema.ts";
import type { JobInput } from "./job.ts";
import { parseJob } from "./parse-job.ts";
import type { EnqueueOptions, RunQueue } from "./queue/queue.ts";
import { storeRunEvents } from "./record/run-events.ts";
import type { RunStore } from "./record/runs.ts";

export interface SubmitDeps {
  db: Kysely<Tables>;
  catalogue: Catalogue;
  identities: Pick<Identities, "get">;
  runs: RunStore;
  queue: RunQueue;
  /** Where webhooks may go besides the public internet. */
  webhookAllow: AllowedDestinations;
}

/**
 * Checks a job, records its run and queues it. What a worker would refuse is refused here, at once.
 * @returns the run's id
 * @throws Failure `invalid_job`, `unknown_flow`, `invalid_input`, `unknown_identity`
 */
export async function submitRun(deps: SubmitDeps, data: JobInput, options: EnqueueOptions): Promise<string> {
  const parsed = parseJob(data);
  checkWebhook(parsed.webhookUrl, deps.webhookAllow);
  const flow = deps.catalogue.flow(parsed.flow);
  await checkSchema(flow.input, parsed.input, { code: "invalid_input", what: `The input of ${parsed.flow}` });
  const identity = await deps.identities.get(parsed.project, parsed.identityId);

  // The id, not the name: a run belongs to the identity it was submitted for, whatever is renamed meanwhile.
  const job = { ...parsed, identityId: identity.id };
  const runId = parsed.runId ?? randomUUID();
  await deps.runs.create(runId, job, { maxAttempts: options.attempts });
  await storeRunEvents(deps.db, runId, [{ at: new Date(), event: { type: "queued" } }]);
  try {
    await deps.queue.add(runId, job, options);
  } catch (cause) {
    const failure = new Failure("queue_unavailable", "The run could not be queued.", { cause });
    await deps.runs.endUnheld(runId, failedOutcome(failure));
    throw failure;
  }
  return runId;
}

/** As far as the URL itself shows; where its name leads is looked at whenever something is sent. */
export function checkWebhook(url: string | undefined, allowed: AllowedDestinations): void {
  const fault = url === undefined ? undefined : faultOfDestination(url, allowed);
  if (fault !== undefined) throw new Failure("invalid_job", `webhookUrl: It ${fault}.`);
}
