import { DelayedError, WaitingError } from "bullmq";
import type { Kysely } from "kysely";
import { DatabaseError } from "pg";
import { z } from "zod";
import type { Tables } from "../../database/tables.ts";
import { Failure } from "../../failure.ts";
import type { Lease } from "../../identity/leases/leases.ts";
import type { Logger } from "../../log.ts";
import type { Tell } from "../../observe.ts";
import { type FailedOutcome, failedOutcome, type Outcome } from "../../outcome.ts";
import type { Catalogue } from "../catalogue/catalogue.ts";
import { createRunEventWriter, type RunEventWriter } from "../record/run-events.ts";
import { type RunStore, runLease } from "../record/runs.ts";
import { untilRecorded } from "../record/until-recorded.ts";
import { createRecorder, type Recorder } from "../run/recorder.ts";
import type { RunDeps } from "../run/run-context.ts";
import { runJob } from "../run-job.ts";
import { deferralDelay, promoteIfFree, promoteNext } from "./deferral.ts";
import type { RunQueue } from "./queue.ts";
import type { BullJob } from "./queue-backend.ts";
import { finalError, retryDelay, retryError } from "./retry.ts";
import { runIdFor, type TakenJob, takeUpJob } from "./take-up.ts";

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
  tell: Tell;
  /** How long a dead worker's hold outlives it, in milliseconds. */
  leaseTtlMs: number;
}

/** What the queue keeps of a run that succeeded. */
export interface QueueResult {
  runId: string;
  status: "succeeded";
  result: unknown;
}

/** What ends a run of the queue, or the wait for its record. */
export interface JobSignals {
  /** Cancels a run, or stops it with the worker. */
  forRun(runId: string): AbortSignal;
  /** The worker stops and waits for a Postgres that is away no longer. */
  giveUp: AbortSignal;
}

/**
 * Works on one of the queue's jobs and answers the queue in its own terms: a value for success, an error for a
 * failed attempt, BullMQ's own errors where the job was put back. The outcome is recorded before the queue hears of
 * it, so that a worker dying in between loses nothing: whoever takes the job up next finds it ended.
 *
 * A lease of the run's own holds off other workers for as long as this one lives, whatever the queue believes: its lock
 * is lost when Redis forgets it or this machine's clock is set back, and the run is none the worse for it.
 */
export async function processJob(
  deps: ProcessDeps,
  job: BullJob,
  token: string | undefined,
  signals: JobSignals,
): Promise<QueueResult> {
  const runId = runIdFor(job, deps.queueName);
  const log = deps.run.log.child({ runId });
  const patiently: Patiently = (work) => untilRecorded(work, { signal: signals.giveUp, log });
  try {
    await using lease = await patiently(() => deps.run.leases.tryAcquire(runLease(runId)));
    if (lease === null) {
      log.info({}, "another worker still holds the run");
      await job.moveToDelayed(Date.now() + deps.leaseTtlMs / 2, token);
      throw new DelayedError();
    }
    const taken = await patiently(() => takeUpJob(job, runId, { ...deps, identities: deps.run.identities }));
    if (taken.status === "ended") return answer(taken.runId, taken.outcome);
    const writer = createRunEventWriter({ db: deps.db, runId, log, giveUp: signals.giveUp });
    const events = watched(writer, runId, deps.tell);
    return await work({ deps, job, token, taken, events, lease, log, patiently, signals });
  } catch (error) {
    if (!signals.giveUp.aborted || error !== signals.giveUp.reason) throw error;
    // Nothing more can be recorded: whoever takes the job up next starts the run again.
    await job.moveToWait(token);
    throw new WaitingError();
  }
}

type Patiently = <T>(work: () => Promise<T>) => Promise<T>;

interface Turn {
  deps: ProcessDeps;
  job: BullJob;
  token: string | undefined;
  taken: Extract<TakenJob, { status: "held" }>;
  events: RunEventWriter;
  lease: Lease;
  log: Logger;
  patiently: Patiently;
  signals: JobSignals;
}

/** One attempt at a run that this worker holds. */
async function work(turn: Turn): Promise<QueueResult> {
  const { deps, job, taken, events, lease, log, signals } = turn;
  const { runId, hold, attempt } = taken;
  const recorder = createRecorder(events.emit);
  let busy = false;
  let ended: Outcome | undefined;
  const submittedAt = job.timestamp + (job.opts.delay ?? 0);
  deps.tell({ type: "run_taken_up", runId, flow: flowOf(job, deps.run.catalogue), submittedAt });
  try {
    recorder.emit({ type: "started", attempt, worker: deps.worker });
    const signal = taken.cancelRequested
      ? AbortSignal.abort(new Failure("cancelled", "The run was cancelled before it started."))
      : AbortSignal.any([signals.forRun(runId), lease.lost]);
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
    await events.flush();
    const recorded = await record(turn, outcome, recorder);
    ended = recorded;
    log.info({ outcome: recorded.status, stages: recorder.stages.length }, "run ended");
    return answer(runId, recorded);
  } finally {
    deps.tell({ type: "run_left", runId, outcome: ended });
    // A run that was put off has seen to that itself: waking another for an identity in use would go round in circles.
    if (!busy) {
      await promoteNext(deps, runId).catch((error: unknown) =>
        log.warn({ err: error }, "the next run of the identity could not be woken; it wakes by itself"),
      );
    }
    await events.flush();
  }
}

/** A name that a producer made up is told to nobody. */
function flowOf({ data }: BullJob, catalogue: Catalogue): string {
  const named = z.object({ flow: z.string() }).safeParse(data);
  return named.success && catalogue.flows.has(named.data.flow) ? named.data.flow : "unknown";
}

/** Whoever observes this process is told a run's events, too. */
function watched(events: RunEventWriter, runId: string, tell: Tell): RunEventWriter {
  return {
    ...events,
    emit(event) {
      events.emit(event);
      tell({ type: "run_event", runId, event });
    },
  };
}

/** Records what the run came to. An outcome that cannot be stored must not leave the run without one. */
async function record(
  { deps, taken, log, patiently }: Turn,
  outcome: Outcome,
  recorder: Recorder,
): Promise<Outcome> {
  try {
    await patiently(() => deps.runs.end(taken.hold, outcome, recorder));
    return outcome;
  } catch (error) {
    // The database's own refusal of what it was given; a Failure is of another kind.
    if (!(error instanceof DatabaseError)) throw error;
    log.error({ err: error }, "what the run came to could not be stored");
    const failure = new Failure("internal_error", "What the run came to could not be stored.", {
      retryable: false,
    });
    const instead = failedOutcome(failure);
    await patiently(() => deps.runs.end(taken.hold, instead, { stages: recorder.stages, artifacts: [] }));
    return instead;
  }
}

/** The identity is held by another run: back to delayed, no attempt spent, no slot held. */
async function defer({ deps, job, token, taken, events, lease, patiently }: Turn): Promise<never> {
  const delayMs = await deferralDelay(deps, { runId: taken.runId, leaseTtlMs: deps.leaseTtlMs });
  events.emit({ type: "deferred", reason: "another run holds the identity", delayMs });
  await patiently(() => deps.runs.giveBack(taken.hold, "deferred"));
  await lease.release();
  await job.moveToDelayed(Date.now() + delayMs, token);
  await promoteIfFree(deps, taken.runId);
  throw new DelayedError();
}

/** The worker stops: back to the front of the queue, no attempt spent. */
async function putBack(turn: Turn, outcome: FailedOutcome): Promise<never> {
  const { deps, job, token, taken, events, lease, patiently } = turn;
  events.emit({ type: "returned", reason: outcome.message });
  await patiently(() => deps.runs.giveBack(taken.hold, "queued"));
  await lease.release();
  await job.moveToWait(token);
  throw new WaitingError();
}

async function retry({ deps, taken, events, patiently }: Turn, outcome: FailedOutcome): Promise<never> {
  const next = taken.attempt + 1;
  const delayMs = retryDelay(outcome, next, deps.retryDelayMs);
  events.emit({ type: "retrying", code: outcome.code, attempt: next, delayMs });
  await patiently(() => deps.runs.giveBack(taken.hold, "queued"));
  throw retryError(outcome, delayMs);
}

/** A recorded outcome in the queue's terms. */
function answer(runId: string, outcome: Outcome): QueueResult {
  if (outcome.status === "failed") throw finalError(outcome);
  return { runId, status: "succeeded", result: outcome.result };
}
