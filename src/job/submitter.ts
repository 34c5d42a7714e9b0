import { randomUUID } from "node:crypto";
import type { Kysely } from "kysely";
import { isDataException } from "../database/data-exception.ts";
import type { Tables } from "../database/tables.ts";
import { Failure } from "../failure.ts";
import type { Identities } from "../identity/identities.ts";
import { failedOutcome } from "../outcome.ts";
import { checkJob, type JobCheck } from "./check-job.ts";
import { type Elsewhere, mayBeElsewhere } from "./elsewhere.ts";
import { gather } from "./gather.ts";
import type { Job } from "./job.ts";
import type { EnqueueOptions, RunQueue } from "./queue/queue.ts";
import {
  findRepeated,
  forgetOldKeys,
  forgetRepeated,
  type Idempotency,
  type Inserted,
  type InsertedRun,
  insertionText,
  insertRuns,
} from "./record/insert-runs.ts";
import { insertedRow, type NewRun } from "./record/new-run-row.ts";
import { toRun } from "./record/run-rows.ts";
import type { Run, RunStore } from "./record/runs.ts";

export interface SubmitterDeps extends JobCheck {
  db: Kysely<Tables>;
  identities: Pick<Identities, "get">;
  runs: RunStore;
  queue: RunQueue;
  /** The settings, for identities that only a provider has; there are none unless given. */
  config?: Elsewhere;
  /** How long the queue may take to answer, in milliseconds. */
  queueTimeoutMs?: number;
}

export interface Submission {
  /** Its data, checked against the job's schema already. */
  job: Job;
  options: EnqueueOptions;
  idempotency?: Idempotency;
  /** The ended run whose job it does again. */
  retryOf?: string;
  /** The batch it is of, and its place in it. */
  batch?: NewRun["batch"];
  /** The visit to the connect page that it signs somebody in for, as its half-made identity. */
  visitId?: string;
}

export interface Submitted {
  run: Run;
  /** The same request had made it before. */
  isRepeated: boolean;
}

/** Takes runs in, many at once. */
export interface Submitter {
  /**
   * Records a run and queues it. What a worker would refuse is refused here, at once.
   * @throws Failure `invalid_job` for its webhook; `unknown_flow`, `invalid_input`, `unknown_identity`; `conflict` when the idempotency key was used for
   * another request; `queue_unavailable`, and then the run has ended so
   */
  submit(submission: Submission): Promise<Submitted>;
}

interface Item {
  run: InsertedRun;
  options: EnqueueOptions;
  columns: readonly string[];
  text: string;
}

const mostPerBatch = 200;
const mostBatchBytes = 1024 ** 2;
/** Enough for one to be recorded while another is queued. */
const batchesAtOnce = 3;
const forgetEveryMs = 10 * 60_000;

/**
 * Makes a submitter. Submissions that come together share one statement in Postgres and one message to the queue:
 * under load that is what a submission costs.
 */
export function createSubmitter(deps: SubmitterDeps): Submitter {
  const { db, identities, runs } = deps;
  const record = gather<Item, Inserted | Failure | undefined>({
    work: (items) => recordAndQueue(deps, items),
    fits: (item, batch) =>
      batch.length < mostPerBatch &&
      item.text.length + bytesOf(batch) < mostBatchBytes &&
      !sharesKey(item, batch),
    mostAtOnce: batchesAtOnce,
  });
  let forgottenAt = 0;

  function forgetNowAndThen(): void {
    if (Date.now() - forgottenAt < forgetEveryMs) return;
    forgottenAt = Date.now();
    // What is not forgotten now is next time.
    forgetOldKeys(db).catch(() => {});
  }

  const isElsewhere = (job: Job) => deps.config !== undefined && mayBeElsewhere(job, deps.config);

  /** The run that the same request made, if there was one. */
  async function repeated({ job, idempotency }: Submission): Promise<Submitted | undefined> {
    if (idempotency === undefined) return undefined;
    const before = await findRepeated(db, { project: job.project, key: idempotency.key });
    if (before === undefined) return undefined;
    if (before.fingerprint !== idempotency.fingerprint)
      throw new Failure("conflict", "This idempotency key was used for another request.");
    return { run: await runs.get(job.project, before.runId), isRepeated: true };
  }

  return {
    async submit(submission) {
      const { job, idempotency, retryOf, batch, visitId } = submission;
      // Asked here: whoever queues a batch does so for many.
      const trace = deps.queue.traceContext();
      const options = { ...submission.options, ...(trace === undefined ? {} : { trace }) };
      await checkJob(deps, job);
      if (idempotency !== undefined) forgetNowAndThen();

      const id = job.runId ?? randomUUID();
      const run: InsertedRun = {
        id,
        jobId: id,
        job,
        maxAttempts: options.attempts,
        isElsewhere: isElsewhere(job),
        ...(idempotency === undefined ? {} : { idempotency }),
        ...(retryOf === undefined ? {} : { retryOf }),
        ...(batch === undefined ? {} : { batch }),
        ...(visitId === undefined ? {} : { visitId }),
      };
      const inserted = await record({ run, options, ...insertionText(run) });
      if (inserted instanceof Failure) throw inserted;
      if (inserted !== undefined) return { run: toRun(insertedRow(run, inserted)), isRepeated: false };

      const before = await repeated(submission);
      if (before !== undefined) return before;
      if (!isElsewhere(job)) await identities.get(job.project, job.identityId);
      // The id is a run's already, which may not have reached the queue: the queue takes it once only.
      const again = await runs.get(job.project, id);
      await deps.queue.addAll([{ runId: id, job: { ...job, identityId: again.identityId }, options }]);
      return { run: again, isRepeated: true };
    },
  };
}

const bytesOf = (batch: readonly Item[]) => batch.reduce((sum, { text }) => sum + text.length, 0);

function sharesKey({ run: { job, idempotency } }: Item, batch: readonly Item[]): boolean {
  if (idempotency === undefined) return false;
  return batch.some(({ run }) => run.idempotency?.key === idempotency.key && run.job.project === job.project);
}

async function recordAndQueue(
  deps: SubmitterDeps,
  items: readonly Item[],
): Promise<readonly (Inserted | Failure | undefined)[]> {
  let inserted: Map<string, Inserted>;
  try {
    const [{ columns } = { columns: [] }] = items;
    inserted = await insertRuns(deps.db, { columns, texts: items.map(({ text }) => text) });
  } catch (error) {
    if (!isDataException(error)) throw error;
    if (items.length === 1)
      return [new Failure("invalid_job", "The job holds a value that cannot be stored.", { cause: error })];
    // One that cannot be stored must not spoil the others.
    const alone = await Promise.all(items.map((item) => recordAndQueue(deps, [item])));
    return alone.flat();
  }
  const jobs = items.flatMap(({ run: { id, job }, options }) => {
    const identityId = inserted.get(id)?.identityId;
    // The id, not the name: a run belongs to the identity it was submitted for, whatever is renamed meanwhile.
    return identityId === undefined ? [] : [{ runId: id, job: { ...job, identityId }, options }];
  });
  const failure = jobs.length === 0 ? undefined : await queueAll(deps, jobs);
  return items.map(({ run }) => (inserted.has(run.id) ? (failure ?? inserted.get(run.id)) : undefined));
}

/** Queues the runs; where that fails they end, so that the caller may try again without doing a thing twice. */
async function queueAll(
  { db, queue, runs, queueTimeoutMs = 10_000 }: SubmitterDeps,
  jobs: { runId: string; job: Job; options: EnqueueOptions }[],
): Promise<Failure | undefined> {
  try {
    await inTime(queue.addAll(jobs), queueTimeoutMs);
    return undefined;
  } catch (cause) {
    const failure = new Failure("queue_unavailable", "The run could not be queued.", { cause });
    const ids = jobs.map(({ runId }) => runId);
    await Promise.all(ids.map((id) => runs.endUnheld(id, failedOutcome(failure))));
    await forgetRepeated(db, ids);
    return failure;
  }
}

/** A Redis that is away is waited for, by its client, for as long as it takes: nobody who submits waits so long. */
async function inTime(work: Promise<void>, limitMs: number): Promise<void> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error("timed out")), limitMs);
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
