import { watchConsole } from "../../browser/evidence.ts";
import { Failure, toFailure } from "../../failure.ts";
import { checkSchema } from "../../job/catalogue/check-schema.ts";
import { attemptFlow } from "../../job/run/attempt-flow.ts";
import { failRun } from "../../job/run/fail-run.ts";
import { createKnownSecrets } from "../../job/run/known-secrets.ts";
import { createRecorder } from "../../job/run/recorder.ts";
import type { FlowRun } from "../../job/run/run-context.ts";
import { createRunSignal } from "../../job/run/run-signal.ts";
import { createStage } from "../../job/run/stages.ts";
import type { Artifact, Outcome } from "../../outcome.ts";
import type { CliContext } from "../context.ts";
import { createInterrupt } from "../interrupt.ts";
import { createProgress } from "../progress.ts";
import { createDebugService, type DebugService, type RemoteBrowser } from "./debug-service.ts";
import { openRemoteSession } from "./remote-session.ts";

/** The longest a service lets a debug session be, in minutes. */
const longestMinutes = 120;

export interface RemoteRun {
  service: URL;
  flow: string;
  identityId: string;
  input: unknown;
  trace: boolean;
  slowMoMs: number;
  saveState: boolean;
  /** Shows no progress. */
  quiet: boolean;
}

/**
 * Runs a flow of this machine's flows folder in a browser that a service has signed in: its identity, its saved state,
 * our code. Needs no database and no master key. The session is ended whatever happens, Ctrl-C included. Sets the exit
 * code.
 * @throws Failure of what the service refuses; `invalid_config`, `unknown_flow`, `invalid_input`
 */
export async function runRemote(
  context: CliContext,
  asked: RemoteRun,
): Promise<{ runId: string; outcome: Outcome; artifacts: readonly Artifact[] }> {
  const { config, log, parts, redactor } = context;
  const { apiKey } = config;
  if (apiKey === undefined)
    throw new Failure("invalid_config", "--remote needs an API key of scope admin in LATCHKEY_API_KEY.");
  redactor.add(apiKey);
  const flow = (await parts.catalogue()).flow(asked.flow);
  const input = await checkSchema(flow.input, asked.input, {
    code: "invalid_input",
    what: `The input of ${asked.flow}`,
  });
  const deadlineMs = flow.deadlineMs ?? config.runDeadlineMs;

  using interrupt = createInterrupt("The run was cancelled from the terminal.");
  using ending = createRunSignal(interrupt.signal, deadlineMs);
  using progress = createProgress(context.stderr, { quiet: asked.quiet, interrupted: interrupt.signal });
  const recorder = createRecorder(progress.show);
  const stage = createStage(ending.signal, recorder.emit);
  const service = createDebugService({ url: asked.service, apiKey });

  const minutes = Math.min(longestMinutes, Math.ceil(deadlineMs / 60_000) + 1);
  const remote = await stage(
    "session",
    () => service.open({ identityId: asked.identityId, minutes }, ending.signal),
    () => `signed in at ${asked.service.host}`,
  );
  redactor.add(remote.cdpUrl);
  let outcome: Outcome | undefined;
  try {
    await using session = await openRemoteSession({ ...remote, slowMoMs: asked.slowMoMs, log });
    ending.follow(session.lost);
    const run: FlowRun = {
      id: remote.id,
      job: { trace: asked.trace },
      deps: { artifacts: parts.artifacts, emit: recorder.emit, log },
      signal: ending.signal,
      known: createKnownSecrets(),
      evidence: {},
      watched: { session, consoleErrors: watchConsole(session.page) },
    };
    const claim = { identity: remote.identity };
    outcome = await stage("flow", () => attemptFlow(run, { flow, input, claim, session })).then(
      (result): Outcome => ({ status: "succeeded", result }),
      (error: unknown) => failRun(run, error),
    );
  } finally {
    const save = asked.saveState && outcome?.status === "succeeded";
    await end(context, service, remote, save);
  }
  progress.show({ type: "outcome", outcome });
  process.exitCode = outcome.status === "succeeded" ? 0 : (interrupt.exitCode ?? 1);
  return { runId: remote.id, outcome, artifacts: recorder.artifacts };
}

/** Ends the session; that it could not be ended changes nothing of what the run came to. */
async function end(
  { stderr, errorStyle: style }: CliContext,
  service: DebugService,
  { id }: RemoteBrowser,
  save: boolean,
): Promise<void> {
  try {
    await service.end(id, { save });
  } catch (error) {
    const { message } = toFailure(error, "provider_unavailable", "The service did not answer in time.");
    stderr.write(
      `${style.yellow("!")} The session was not ended: ${message} It ends by itself within a minute.\n`,
    );
  }
}
