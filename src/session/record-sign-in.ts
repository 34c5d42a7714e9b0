import type { Database } from "../database/open.ts";
import type { EmitRunEvent } from "../events.ts";
import { Failure } from "../failure.ts";
import { cancelChannel } from "../job/cancel.ts";
import type { JobInput } from "../job/job.ts";
import { parseJob } from "../job/parse-job.ts";
import { createRunEventWriter } from "../job/record/run-events.ts";
import { noJob, type RunStore } from "../job/record/runs.ts";
import { untilRecorded } from "../job/record/until-recorded.ts";
import { createRecorder } from "../job/run/recorder.ts";
import type { MarkWaiting } from "../job/run/run-context.ts";
import type { Logger } from "../log.ts";
import type { Outcome } from "../outcome.ts";

/** How long a Postgres that is away when the run has ended is waited for, in milliseconds. */
const recordMs = 10_000;

/**
 * Records the run that an identity's part in a session is: it is seen in the list of runs, a code can be handed in to its
 * login, and cancelling it ends the session.
 */
export async function recordSignIn(
  { database, runs, worker, log }: { database: Database; runs: RunStore; worker: string; log: Logger },
  {
    id,
    job,
    onCancelled,
    work,
  }: {
    id: string;
    job: JobInput;
    onCancelled: () => void;
    work: (tools: { emit: EmitRunEvent; markWaiting: MarkWaiting }) => Promise<Outcome>;
  },
): Promise<Outcome> {
  await runs.create(id, parseJob(job), { maxAttempts: 1, jobId: noJob });
  const taken = await runs.takeUp(id, { worker, attempt: 1 });
  if (taken?.status !== "held") throw new Failure("internal_error", "The run could not be recorded.");
  const { hold } = taken;
  await using _cancels = await database.listen(cancelChannel, (cancelled) => {
    if (cancelled === id) onCancelled();
  });
  const recording = new AbortController();
  const events = createRunEventWriter({ db: database.kysely, runId: id, log, giveUp: recording.signal });
  const recorder = createRecorder(events.emit);
  recorder.emit({ type: "started", attempt: 1, worker });
  const outcome = await work({
    emit: recorder.emit,
    markWaiting: (state) => runs.markWaiting(hold, state),
  });
  const giveUp = setTimeout(() => recording.abort(), recordMs);
  try {
    await events.flush();
    await untilRecorded(() => runs.end(hold, outcome, recorder), { signal: recording.signal, log });
  } catch (error) {
    log.warn({ err: error }, "what the session's sign-in came to could not be recorded");
  } finally {
    clearTimeout(giveUp);
  }
  return outcome;
}
