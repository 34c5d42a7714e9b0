import type { PracticeUser } from "../../practice/accounts.ts";
import type { RunEvent } from "../../src/events.ts";
import type { JobInput } from "../../src/job/job.ts";
import type { EnqueueOptions } from "../../src/job/queue/queue.ts";
import type { Run } from "../../src/job/record/runs.ts";
import { watchRun } from "../../src/job/record/watch-run.ts";
import { submitRun } from "../../src/job/submit.ts";
import type { Parts } from "../../src/parts.ts";

/**
 * Who gets a new code every second, so that a test that signs in often does not wait for the next; the site takes one
 * for a minute, so that none lapses on a busy machine between being read and being typed.
 */
export const quickUser: PracticeUser = {
  username: "ada@larch.example",
  password: "ash-birch-Cedar-42",
  totpSecret: "MFSGCLLMMFZGG2BNOBZGCY3UNFRWKLJR",
  totpPeriodSeconds: 1,
  totpToleranceSeconds: 60,
};

const longestRunMs = 40_000;

/** Queues a run as a producer does; one attempt unless told otherwise. */
export async function submit(
  parts: Parts,
  job: JobInput,
  options: Partial<EnqueueOptions> = {},
): Promise<string> {
  const { database, identities, runs } = await parts.store();
  const { queue } = await parts.queueing();
  const { config } = parts;
  const catalogue = await parts.catalogue();
  const { webhookAllow } = config;
  const deps = { db: database.kysely, catalogue, identities, runs, queue, webhookAllow, config };
  return submitRun(deps, job, { attempts: 1, ...options });
}

/** The run once it has ended; each event on the way is told. */
export async function ended(
  parts: Parts,
  runId: string,
  onEvent?: (event: RunEvent) => unknown,
): Promise<Run> {
  const { database, runs } = await parts.store();
  for await (const { event } of watchRun(database, runId, { signal: AbortSignal.timeout(longestRunMs) }))
    await onEvent?.(event);
  return runs.get("default", runId);
}

/** Resolves when the run's flow has started. */
export async function flowStarted(parts: Parts, runId: string): Promise<void> {
  const { database } = await parts.store();
  for await (const { event } of watchRun(database, runId, { signal: AbortSignal.timeout(longestRunMs) })) {
    if (event.type === "stage" && event.stage === "flow") return;
  }
  throw new Error("the flow did not start");
}
