import { DelayedError, WaitingError } from "bullmq";
import type { Kysely } from "kysely";
import type { Tables } from "../../database/tables.ts";
import { Failure } from "../../failure.ts";
import type { FailedOutcome, Outcome } from "../../outcome.ts";
import { createRunEventWriter, type RunEventWriter } from "../record/run-events.ts";
import type { RunHold, RunStore } from "../record/runs.ts";
import { createRecorder } from "../run/recorder.ts";
import type { RunDeps } from "../run/run-context.ts";
import { runJob } from "../run-job.ts";
import { deferralDelay, promoteIfFree, promoteNext } from "./deferral.ts";
import type { RunQueue } from "./queue.ts";
import type { BullJob } from "./queue-backend.ts";
import { finalError, retryDelay, retryError } from "./retry.ts";
import { type TakenJob, takeUpJob } from "./take-up.ts";

/** What a worker works with; all of it borrowed. */
export interface ProcessDeps {
  db: Kysely<Tables>;
  queueName: string;
  /** This worker's name, in rows and in the audit. */
  worker: string;
  runs: RunStore;
  queue: RunQueue;
  /** What every run needs; `emit`, `log` and `actor` are made per run. */
  run: Omit<RunDeps, "emit" | "log" | "actor" | "whenBusy"> & Pick<RunDeps, "log">;
  retryDelayMs: number;
  /** How long a dead worker's hold outlives it, in milliseconds. */
  leaseTtlMs: number;
}

/** What the queue keeps of a run that succeeded. */
export interface QueueResult {
  runId: string;
  status: "succeeded";
  result: unknown;
}

/**
 * Works on one of the queue's jobs and answers the queue in its own terms: a value for success, an error for a
 * failed attempt, BullMQ's own errors where the job was put back. The outcome is recorded before the queue hears of
 * it, so that a worker dying in between loses nothing: whoever takes the job up next finds it ended.
 *
 * @param signalFor the signal that cancels a run or stops the worker
 */
export async function processJob(
  deps: ProcessDeps,
  job: BullJob,
  token: string | undefined,
  signalFor: (runId: string) => AbortSignal,
): Promise<QueueResult> {
  const taken = await takeUpJob(job, { ...deps, identities: deps.run.identities });
  if (taken.status === "ended") return answer(taken.runId, taken.outcome);

  const { runId, hold, attempt } = taken;
  const log = deps.run.log.child({ runId });
  const events = createRunEventWriter({ db: deps.db, runId, log });
  const recorder = createRecorder(events.emit);
  const turn = { deps, job, token, taken: { ...taken, hold }, events };
  let busy = false;
  try {
    recorder.emit({ type: "started", attempt, worker: deps.worker });
    const signal = taken.cancelRequested
      ? AbortSignal.abort(new Failure("cancelled", "The run was cancelled before it started."))
      : signalFor(runId);
    const runDeps: RunDeps = {
      ...deps.run,
      emit: recorder.emit,
      log,
      actor: `worker:${deps.worker}`,
      whenBusy: "fail",
      markWaiting: (state) => deps.runs.markWaiting(hold, state),
    };
    const outcome = await runJob(job.data, runId, runDeps, signal);

    if (outcome.status === "failed") {
      busy = outcome.code === "identity_busy";
      if (busy) return await defer(turn);
      if (outcome.code === "worker_stopping") return await putBack(turn, outcome);
      if (outcome.code === "lease_lost")
        log.warn({ reason: outcome.message }, "run lost to another worker, or to the clock");
      if (outcome.retryable && attempt < taken.maxAttempts) return await retry(turn, outcome);
    }
    await deps.runs.end(hold, outcome, recorder);
    events.emit({ type: "outcome", outcome });
    log.info({ outcome: outcome.status, stages: recorder.stages.length }, "run ended");
    return answer(runId, outcome);
  } finally {
    // A run that was put off has seen to that itself: waking another for an identity in use would go round in circles.
    if (!busy) await promoteNext(deps, runId);
    await events.flush();
  }
}

interface Turn {
  deps: ProcessDeps;
  job: BullJob;
  token: string | undefined;
  taken: TakenJob & { hold: RunHold };
  events: RunEventWriter;
}

/** The identity is held by another run: back to delayed, no attempt spent, no slot held. */
async function defer({ deps, job, token, taken, events }: Turn): Promise<never> {
  const delayMs = deferralDelay(deps.leaseTtlMs);
  events.emit({ type: "deferred", reason: "another run holds the identity", delayMs });
  await deps.runs.giveBack(taken.hold, "deferred");
  await job.moveToDelayed(Date.now() + delayMs, token);
  await promoteIfFree(deps, taken.runId);
  throw new DelayedError();
}

/** The worker stops: back to the front of the queue, no attempt spent. */
async function putBack({ deps, job, token, taken, events }: Turn, outcome: FailedOutcome): Promise<never> {
  events.emit({ type: "returned", reason: outcome.message });
  await deps.runs.giveBack(taken.hold, "queued");
  await job.moveToWait(token);
  throw new WaitingError();
}

async function retry({ deps, taken, events }: Turn, outcome: FailedOutcome): Promise<never> {
  const next = taken.attempt + 1;
  const delayMs = retryDelay(outcome, next, deps.retryDelayMs);
  events.emit({ type: "retrying", code: outcome.code, attempt: next, delayMs });
  await deps.runs.giveBack(taken.hold, "queued");
  throw retryError(outcome, delayMs);
}

/** A recorded outcome in the queue's terms. */
function answer(runId: string, outcome: Outcome): QueueResult {
  if (outcome.status === "failed") throw finalError(outcome);
  return { runId, status: "succeeded", result: outcome.result };
}
