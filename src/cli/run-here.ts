import { randomUUID } from "node:crypto";
import { Failure } from "../failure.ts";
import type { JobInput } from "../job/job.ts";
import { parseJob } from "../job/parse-job.ts";
import { createRecorder, type Recorder } from "../job/recorder.ts";
import { createRunEventWriter } from "../job/run-events.ts";
import { runJob } from "../job/run-job.ts";
import { noJob } from "../job/runs.ts";
import type { Outcome } from "../outcome.ts";
import type { CliContext } from "./context.ts";
import { printOutcome } from "./outcome.ts";
import { createProgress } from "./progress.ts";

export interface RunHereOptions {
  json: boolean;
  headed?: boolean;
  slowMoMs?: number;
  pause?: boolean;
}

/**
 * Runs a job in this process, with no queue: the same pipeline, recorded as any other run. Ctrl-C cancels it.
 * Sets the exit code: 0 only if it succeeded.
 */
export async function runHere(
  context: CliContext,
  data: JobInput,
  { json, ...shown }: RunHereOptions,
): Promise<void> {
  const { parts, config } = context;
  const catalogue = await parts.catalogue();
  const { database, identities, leases, runs } = await parts.store();
  const { openSession } = await parts.browsers();
  const job = parseJob({ project: context.project, ...data });
  const identity = await identities.get(job.project, job.identityId);
  catalogue.flow(job.flow);

  const runId = randomUUID();
  const log = context.log.child({ runId });
  await runs.create(runId, { ...job, identityId: identity.id }, { maxAttempts: 1, jobId: noJob });
  const taken = await runs.takeUp(runId, { worker: parts.processName, attempt: 1 });
  if (taken?.status !== "held") throw new Failure("internal_error", "The run could not be recorded.");

  const progress = createProgress(context.stderr);
  const events = createRunEventWriter({ db: database.kysely, runId, log });
  const recorder: Recorder = createRecorder((event) => {
    events.emit(event);
    if (!json) progress.show(event);
  });
  const cancel = new AbortController();
  const onInterrupt = () =>
    cancel.abort(new Failure("cancelled", "The run was cancelled from the terminal."));
  process.once("SIGINT", onInterrupt);
  process.once("SIGTERM", onInterrupt);
  try {
    recorder.emit({ type: "started", attempt: 1, worker: parts.processName });
    const deps = {
      catalogue,
      identities,
      leases,
      openSession,
      artifacts: parts.artifacts,
      emit: recorder.emit,
      log,
      actor: context.actor,
      whenBusy: "wait",
      runDeadlineMs: config.runDeadlineMs,
      loginTimeoutMs: config.loginTimeoutMs,
      ...shown,
    } as const;
    const outcome: Outcome = await runJob(job, runId, deps, cancel.signal);
    await runs.end(taken.hold, outcome, recorder);
    recorder.emit({ type: "outcome", outcome });
    progress.end();
    if (json) context.json({ runId, ...outcome });
    else printOutcome(context, { runId, outcome, artifacts: recorder.artifacts });
    process.exitCode = outcome.status === "succeeded" ? 0 : 1;
  } finally {
    progress.end();
    await events.flush();
    process.off("SIGINT", onInterrupt);
    process.off("SIGTERM", onInterrupt);
  }
}
