import { randomUUID } from "node:crypto";
import type { Session } from "../browser/session.ts";
import type { EmitRunEvent } from "../events.ts";
import { Failure, toFailure } from "../failure.ts";
import type { Flow } from "../flow.ts";
import type { Identities } from "../identity/identities.ts";
import type { Identity } from "../identity/types.ts";
import { cancelChannel } from "../job/cancel.ts";
import { type Elsewhere, mayBeElsewhere } from "../job/elsewhere.ts";
import type { Job, JobInput } from "../job/job.ts";
import { parseJob } from "../job/parse-job.ts";
import { promoteNext } from "../job/queue/deferral.ts";
import { endAbandoned } from "../job/queue/end-abandoned.ts";
import { createRunEventWriter } from "../job/record/run-events.ts";
import { noJob } from "../job/record/runs.ts";
import { untilRecorded } from "../job/record/until-recorded.ts";
import { createRecorder, type Recorder } from "../job/run/recorder.ts";
import type { MarkWaiting, RunDeps } from "../job/run/run-context.ts";
import { runJob } from "../job/run-job.ts";
import type { Artifact, FailedOutcome, Outcome } from "../outcome.ts";
import { askForCode } from "./ask-code.ts";
import type { CliContext } from "./context.ts";
import { createInterrupt, type Interrupt } from "./interrupt.ts";
import { createProgress } from "./progress.ts";
import { interruptedCode } from "./report-failure.ts";

/** How long a Postgres that is away when the run has ended is waited for, in milliseconds. */
const recordMs = 10_000;

export interface RunHereOptions {
  /** Shows no progress. */
  quiet: boolean;
  headed?: boolean;
  slowMoMs?: number;
  pause?: boolean;
  /** Run in place of what the catalogue has under the job's name: a command's own. */
  ownFlow?: Flow;
  /** In place of the process's own: a catalogue loaded anew, a session that outlives the run. */
  using?: Partial<Pick<RunDeps, "catalogue" | "openSession" | "leases">>;
  /** Whose Ctrl-C it is, where that ends more than this run. */
  interrupt?: Interrupt;
  /** Ends this run. */
  signal?: AbortSignal;
  /** Told everything that happens, beside the progress. */
  onEvent?: EmitRunEvent;
  /** The run has failed; its session stays open until this resolves. */
  onFailed?: (failed: FailedHere) => Promise<void>;
}

export interface EndedHere {
  runId: string;
  identity: Pick<Identity, "id" | "name">;
  outcome: Outcome;
  artifacts: readonly Artifact[];
}

export interface FailedHere extends Omit<EndedHere, "identity" | "outcome"> {
  outcome: FailedOutcome;
  session: Session;
  /** Aborted by Ctrl-C. */
  interrupted: AbortSignal;
}

/**
 * Runs a job in this process, with no queue: the same pipeline, recorded as any other run. Ctrl-C cancels it.
 * Sets the exit code: 0 only if it succeeded.
 * @throws Failure `invalid_job`, `unknown_flow`, `unknown_identity`
 */
export async function runHere(
  context: CliContext,
  data: JobInput,
  options: RunHereOptions,
): Promise<EndedHere> {
  const { quiet, ownFlow, using, onFailed, headed, slowMoMs, pause, signal } = options;
  const { parts, config } = context;
  const job = parseJob({ project: context.project, ...data });
  const loaded = using?.catalogue ?? (await parts.catalogue());
  const catalogue = ownFlow === undefined ? loaded : { ...loaded, flow: () => ownFlow };
  catalogue.flow(job.flow);
  const { database, identities, leases, codes, runs } = await parts.store();
  const identity = await findWho(identities, job, config);
  const { openSession, identitiesAt } = await parts.browsers();

  await endAbandoned({ db: database.kysely, runs });
  const runId = randomUUID();
  const log = context.log.child({ runId });
  await runs.create(runId, { ...job, identityId: identity.id }, { maxAttempts: 1, jobId: noJob });
  const taken = await runs.takeUp(runId, { worker: parts.processName, attempt: 1 });
  if (taken?.status !== "held") throw new Failure("internal_error", "The run could not be recorded.");

  using own = new DisposableStack();
  const interrupt = options.interrupt ?? own.use(createInterrupt("The run was cancelled from the terminal."));
  const cancel = new AbortController();
  await using _cancels = await database.listen(cancelChannel, (id) => {
    if (id === runId) cancel.abort(new Failure("cancelled", "The run was cancelled."));
  });
  const left = new AbortController();
  const ask = quiet ? undefined : askForCode(context, (failure) => left.abort(failure));
  using progress = createProgress(context.stderr, {
    quiet,
    interrupted: interrupt.signal,
    runId,
    asks: ask !== undefined,
  });
  const recording = new AbortController();
  let recordingEnds: NodeJS.Timeout | undefined;
  const events = createRunEventWriter({ db: database.kysely, runId, log, giveUp: recording.signal });
  const recorder: Recorder = createRecorder((event) => {
    events.emit(event);
    progress.show(event);
    options.onEvent?.(event);
  });
  try {
    recorder.emit({ type: "started", attempt: 1, worker: parts.processName });
    const deps = {
      identities,
      leases,
      openSession,
      providers: { identitiesAt, project: config.project },
      artifacts: parts.artifacts,
      emit: recorder.emit,
      log,
      actor: context.actor,
      whenBusy: "wait" as const,
      codes,
      codeTimeoutMs: config.codeTimeoutMs,
      ...(ask === undefined ? {} : { askForCode: ask }),
      markWaiting: (state: Parameters<MarkWaiting>[0]) => runs.markWaiting(taken.hold, state),
      runDeadlineMs: config.runDeadlineMs,
      loginTimeoutMs: config.loginTimeoutMs,
      ...(headed === undefined ? {} : { headed }),
      ...(slowMoMs === undefined ? {} : { slowMoMs }),
      ...(pause === undefined ? {} : { pause }),
      ...(onFailed === undefined
        ? {}
        : {
            onFailed: ({ outcome, session }) => {
              progress.end();
              const { artifacts } = recorder;
              return onFailed({ runId, outcome, artifacts, session, interrupted: interrupt.signal });
            },
          }),
      ...using,
      catalogue,
    } satisfies RunDeps;
    const outcome = await runJob(
      { ...job, identityId: identity.id },
      runId,
      deps,
      AbortSignal.any([
        interrupt.signal,
        left.signal,
        cancel.signal,
        ...(signal === undefined ? [] : [signal]),
      ]),
    );
    // A worker may have put off a run of this identity meanwhile; it is awake sooner than by its own timer.
    const queue = { promote: async (jobId: string) => (await parts.queueing()).queue.promote(jobId) };
    recordingEnds = setTimeout(() => recording.abort(), recordMs);
    await events.flush();
    await untilRecorded(() => runs.end(taken.hold, outcome, recorder), { signal: recording.signal, log });
    progress.show({ type: "outcome", outcome });
    options.onEvent?.({ type: "outcome", outcome });
    await promoteNext({ db: database.kysely, queue }, runId).catch((error: unknown) =>
      log.warn({ err: error }, "the next run of the identity could not be woken; it wakes by itself"),
    );
    process.exitCode =
      outcome.status === "succeeded"
        ? 0
        : (interrupt.exitCode ?? (left.signal.aborted ? interruptedCode : 1));
    return { runId, identity, outcome, artifacts: recorder.artifacts };
  } finally {
    await events.flush();
    clearTimeout(recordingEnds);
  }
}

/** Refused before anything is recorded, but for an identity that only its provider may have. */
async function findWho(
  identities: Pick<Identities, "get">,
  job: Job,
  config: Elsewhere,
): Promise<EndedHere["identity"]> {
  try {
    return await identities.get(job.project, job.identityId);
  } catch (error) {
    const isUnknown = toFailure(error).code === "unknown_identity";
    if (!isUnknown || !mayBeElsewhere(job, config)) throw error;
    return { id: job.identityId, name: job.identityId };
  }
}
