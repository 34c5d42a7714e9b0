import type { Database } from "../../database/open.ts";
import { Failure } from "../../failure.ts";
import { cancelChannel } from "../cancel.ts";
import { mostStalls } from "./end-lost.ts";
import { type ProcessDeps, processJob } from "./process-job.ts";
import type { QueueBackend } from "./queue-backend.ts";
import { backoffStrategy } from "./retry.ts";
import { startUpkeep } from "./upkeep.ts";

/** How often a worker looks for cancels that no notification told it of, in milliseconds. */
const cancelPollMs = 5_000;
/** How long to block for a job at a time, in seconds. */
const blockSeconds = 5;
/** How long to wait before asking a queue again that does not answer, in milliseconds. */
const askAgainMs = 1_000;
/** How long a worker that stops waits for a Postgres that is away, to record what its runs came to; in milliseconds. */
const recordMs = 3_000;

export interface WorkerDeps extends ProcessDeps {
  database: Database;
  backend: QueueBackend;
  concurrency: number;
  /** Looks after visits to the connect page that were left. */
  sweepVisits: () => Promise<void>;
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
  const givingUp = new AbortController();
  const inFlight = new Map<string, AbortController>();
  const cancel = (runId: string) =>
    inFlight.get(runId)?.abort(new Failure("cancelled", "The run was cancelled."));

  const worker = deps.backend.worker(
    queueName,
    // BullMQ passes its signal only to processors of three parameters; ours comes from this worker instead.
    async (job, token) => {
      let runId: string | undefined;
      try {
        const forRun = (id: string) => {
          runId = id;
          const controller = new AbortController();
          inFlight.set(id, controller);
          return AbortSignal.any([controller.signal, stopping.signal]);
        };
        return await processJob(deps, job, token, { forRun, giveUp: givingUp.signal });
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
      runRetryDelay: askAgainMs,
      name: deps.worker,
      settings: { backoffStrategy },
    },
  );
  worker.on("error", (error) => log.warn({ err: error }, "worker error"));
  worker.on("stalled", (jobId) => log.warn({ jobId }, "a job lost its worker; it is taken up again"));
  // Its own lease, not the queue's lock, says whether a run is still this worker's.
  worker.on("lockRenewalFailed", (jobIds) => log.warn({ jobIds }, "the queue's lock on jobs was lost"));
  const upkeep = startUpkeep({ ...deps, log, leases: run.leases });

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
      const timers = [
        setTimeout(() => {
          stopping.abort(new Failure("worker_stopping", "The worker shut down during the run."));
        }, graceMs),
        setTimeout(() => {
          givingUp.abort(new Failure("worker_stopping", "The worker shut down before the run was recorded."));
        }, graceMs + recordMs),
      ];
      stopped ??= (async () => {
        await upkeep.stop();
        await worker.close();
        await working;
        clearInterval(poll);
        await listening[Symbol.asyncDispose]();
      })();
      return stopped.finally(() => timers.forEach(clearTimeout));
    },
  };
}
