import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { type Kysely, sql } from "kysely";
import type { Tables } from "../../database/tables.ts";
import { Failure, type FailureDetail, toFailure } from "../../failure.ts";
import { isUuid } from "../../identity/identity-input.ts";
import { checkJob, type JobCheck } from "../check-job.ts";
import { type Elsewhere, mayBeElsewhere } from "../elsewhere.ts";
import type { Job } from "../job.ts";
import type { EnqueueOptions } from "../queue/queue.ts";
import { claimKey, findRepeated, forgetRepeated, type Idempotency } from "../record/insert-runs.ts";
import type { Submitter } from "../submitter.ts";
import { type Batch, type BatchStore, createBatch } from "./batches.ts";

/** The most runs of one batch. */
export const mostRuns = 1_000;
/** Of the faults that are told, this many at most: a thousand alike help nobody. */
const mostFaults = 20;
/** How long the same request, made twice at once, waits for the first to be done, in milliseconds. */
const longestWaitMs = 10_000;
const lookEveryMs = 50;

export interface BatchDeps extends JobCheck {
  db: Kysely<Tables>;
  submitter: Submitter;
  batches: BatchStore;
  /** As the submitter's. */
  config?: Elsewhere;
}

export interface BatchRequest {
  project: string;
  name?: string;
  /** Checked against the job's schema already; all of the batch's project. */
  runs: readonly { job: Job; options: EnqueueOptions }[];
  idempotency?: Idempotency;
}

/** A batch as it was submitted. */
export interface SubmittedBatch {
  batch: Batch;
  /** Its runs, in the order they were given. */
  runIds: string[];
  /** The same request had made it before. */
  isRepeated: boolean;
}

/**
 * Submits many runs as one: all of them, or none where one would be refused.
 * @throws Failure `invalid_input` with the faults of each run that would be; `conflict` when the idempotency key was
 * used for another request; `queue_unavailable`, and then those of its runs that were not queued have ended so
 */
export async function submitBatch(
  deps: BatchDeps,
  { project, name, runs, idempotency }: BatchRequest,
): Promise<SubmittedBatch> {
  const repeated = idempotency === undefined ? undefined : await repeatedBatch(deps, project, idempotency);
  if (repeated !== undefined) return repeated;
  await checkAll(deps, project, runs);

  const id = randomUUID();
  const isNew = await deps.db.transaction().execute(async (trx) => {
    if (idempotency !== undefined && !(await claimKey(trx, { project, ...idempotency, id }))) return false;
    await createBatch(trx, { id, project, name: name ?? null, total: runs.length });
    return true;
  });
  // Another of the same request came in between.
  if (!isNew)
    return submitBatch(deps, {
      project,
      ...(name === undefined ? {} : { name }),
      runs,
      ...given(idempotency),
    });
  const submitted = await Promise.allSettled(
    runs.map((run, index) => deps.submitter.submit({ ...run, batch: { id, index } })),
  );
  const refused = submitted.find((one) => one.status === "rejected");
  if (refused !== undefined) {
    await deps.batches.shrink(id);
    await forgetRepeated(deps.db, [id]);
    throw toFailure(refused.reason);
  }
  const runIds = submitted.flatMap((one) => (one.status === "fulfilled" ? [one.value.run.id] : []));
  return { batch: await deps.batches.get(project, id), runIds, isRepeated: false };
}

async function repeatedBatch(
  { db, batches }: BatchDeps,
  project: string,
  { key, fingerprint }: Idempotency,
): Promise<SubmittedBatch | undefined> {
  const before = await findRepeated(db, { project, key });
  if (before === undefined) return undefined;
  if (before.fingerprint !== fingerprint)
    throw new Failure("conflict", "This idempotency key was used for another request.");
  for (let waitedMs = 0; ; waitedMs += lookEveryMs) {
    const batch = await batches.get(project, before.runId);
    const runs = await batches.runs(batch.id);
    // The first request may still be at it.
    if (runs.length === batch.total || waitedMs >= longestWaitMs)
      return { batch, runIds: runs.map(({ id }) => id), isRepeated: true };
    await setTimeout(lookEveryMs);
  }
}

const given = (idempotency: Idempotency | undefined) => (idempotency === undefined ? {} : { idempotency });

/** Every fault of every run, before anything is recorded. */
async function checkAll(deps: BatchDeps, project: string, runs: BatchRequest["runs"]): Promise<void> {
  const known = await knownIdentities(deps.db, project, runs);
  const faults: FailureDetail[] = [];
  for (const [index, { job }] of runs.entries()) {
    const isElsewhere = deps.config !== undefined && mayBeElsewhere(job, deps.config);
    if (!isElsewhere && !known.has(job.identityId)) {
      faults.push({ path: `runs.${index}.identityId`, message: "There is no such identity." });
    }
    await checkJob(deps, job).catch((error: unknown) => {
      faults.push({ path: `runs.${index}`, message: toFailure(error).message });
    });
  }
  const [first] = faults;
  if (first === undefined) return;
  const others = faults.length > 1 ? `, and ${faults.length - 1} more faults` : "";
  throw new Failure("invalid_input", `Nothing was submitted: ${first.path}: ${first.message}${others}.`, {
    details: faults.slice(0, mostFaults),
  });
}

/** Those of the identities the runs name, by id or name, that there are. */
async function knownIdentities(
  db: Kysely<Tables>,
  project: string,
  runs: BatchRequest["runs"],
): Promise<ReadonlySet<string>> {
  const given = [...new Set(runs.map(({ job }) => job.identityId))];
  const ids = given.filter(isUuid);
  const { rows } = await sql<{ id: string; name: string }>`
    select id, name from identities
    where project = ${project} and visit_id is null and (id = any(${ids}::uuid[]) or name = any(${given}::text[]))
  `.execute(db);
  return new Set(rows.flatMap(({ id, name }) => [id, name]));
}
