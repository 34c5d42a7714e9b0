import type { Database } from "../../database/open.ts";
import { Failure } from "../../failure.ts";
import { failedOutcome } from "../../outcome.ts";
import { cancelChannel } from "../cancel.ts";
import { storeRunEvents } from "../record/run-events.ts";
import { type ProcessDeps, processJob } from "./process-job.ts";
import type { QueueBackend } from "./queue-backend.ts";
import { backoffStrategy } from "./retry.ts";

/** How often a worker looks for cancels that no notification told it of, in milliseconds. */
const cancelPollMs = 5_000;
/** How often a run may lose its worker before it is taken for what kills them. */
const mostStalls = 3;
/** How long to block for a job at a time, in seconds. */
const blockSeconds = 5;

export interface WorkerDeps extends ProcessDeps {
  database: Database;
  backend: QueueBackend;
  concurrency: number;
}

/** A worker at work. */
export interface RunWorker {
  /**
   * Takes no more jobs; runs in flight may go on for `graceMs` milliseconds, then go back to the queue, unspent.
   * A second call shortens the first one's grace. Resolves when nothing of it is left.
   */
  stop(graceMs: number): Promise<void>;
}

/** Starts taking jobs from the queue. @throws Failure `queue_unavailable`, `database_unavailable` */
export async function startWorker(deps: WorkerDeps): Promise<RunWorker> {
  const { database, runs, leaseTtlMs, concurrency, queueName, run } = deps;
  const { log } = run;
  const stopping = new AbortController();
  const inFlight = new Map<string, AbortController>();
  const cancel = (runId: string) =>
    inFlight.get(runId)?.abort(new Failure("cancelled", "The run was cancelled."));

  const worker = deps.backend.worker(
    queueName,
    // BullMQ passes its signal only to processors of three parameters; ours comes from this worker instead.
    async (job, token) => {
      let runId: string | undefined;
      try {
        return await processJob(deps, job, token, (id) => {
          runId = id;
          const controller = new AbortController();
          inFlight.set(id, controller);
          return AbortSignal.any([controller.signal, stopping.signal]);
        });
      } finally {
        if (runId !== undefined) inFlight.delete(runId);
      }
    },
    {
      concurrency,
      autorun: false,
      lockDuration: leaseTtlMs,
      stalledInterval: leaseTtlMs,
      maxStalledCount: mostStalls,
      drainDelay: blockSeconds,
      name: deps.worker,
      settings: { backoffStrategy },
    },
  );
  worker.on("error", (error) => log.warn({ err: error }, "worker error"));
  worker.on("stalled", (jobId) => log.warn({ jobId }, "a job lost its worker; it is taken up again"));
  worker.on("lockRenewalFailed", (jobIds) => {
    for (const id of jobIds) {
      inFlight.get(id)?.abort(new Failure("lease_lost", "The worker could not renew its hold on the job."));
    }
  });
  worker.on("failed", (job, error) => {
    if (job === undefined || !error.message.includes("stalled more than")) return;
    endLost(deps, job.id ?? "").catch((cause: unknown) =>
      log.error({ err: cause, jobId: job.id }, "a lost run could not be ended"),
    );
  });

  await worker.waitUntilReady();
  const listening = await database.listen(cancelChannel, cancel);
  const poll = setInterval(() => {
    if (inFlight.size === 0) return;
    runs.cancelRequested(deps.worker).then(
      (ids) => ids.forEach(cancel),
      (error: unknown) => log.warn({ err: error }, "cancels could not be looked up"),
    );
  }, cancelPollMs);
  const working = worker
    .run()
    .catch((error: unknown) => log.error({ err: error }, "worker stopped by an error"));

  let stopped: Promise<void> | undefined;
  return {
    stop(graceMs) {
      const grace = setTimeout(() => {
        stopping.abort(new Failure("worker_stopping", "The worker shut down during the run."));
      }, graceMs);
      stopped ??= (async () => {
        await worker.close();
        await working;
        clearInterval(poll);
        await listening[Symbol.asyncDispose]();
      })();
      return stopped.finally(() => clearTimeout(grace));
    },
  };
}

/** Ends a run whose workers died under it too often to try again. */
async function endLost({ db, runs }: ProcessDeps, jobId: string): Promise<void> {
  const runId = await runs.idOfJob(jobId);
  if (runId === undefined) return;
  const outcome = failedOutcome(
    new Failure("worker_lost", `The run lost its worker ${mostStalls + 1} times; it is not tried again.`, {
      retryable: false,
    }),
  );
  if (await runs.endUnheld(runId, outcome)) {
    await storeRunEvents(db, runId, [{ at: new Date(), event: { type: "outcome", outcome } }]);
  }
}
