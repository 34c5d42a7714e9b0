import { toFailure } from "../failure.ts";
import type { Flow } from "../flow.ts";
import { failedOutcome, type Outcome } from "../outcome.ts";
import { checkHealthFlowName } from "./catalogue/check-health-flow.ts";
import { checkSchema } from "./catalogue/check-schema.ts";
import { validateFlowName } from "./catalogue/validate-flow.ts";
import { parseJob } from "./parse-job.ts";
import { openRunSession, signInSession } from "./run/attached.ts";
import { accountOf, claimIdentity } from "./run/claim-identity.ts";
import { failRun } from "./run/fail-run.ts";
import { createKnownSecrets } from "./run/known-secrets.ts";
import { look } from "./run/look.ts";
import { noteHealth } from "./run/note-health.ts";
import { noteSeen } from "./run/note-seen.ts";
import type { RunContext, RunDeps } from "./run/run-context.ts";
import { runFlow } from "./run/run-flow.ts";
import { createRunSignal } from "./run/run-signal.ts";
import { saveState } from "./run/save-state.ts";
import { describeSignIn } from "./run/sign-in.ts";
import { createStage } from "./run/stages.ts";

/**
 * One run, from a job's data to its outcome: who to be, a browser, signed in, the flow, the state saved.
 * Knows no queue: workers, the command line, schedules and tests all call this. Never throws; when it returns,
 * nothing it opened is left.
 *
 * @param signal cancel and shutdown; its reason, a Failure, names the outcome's code. The deadline is added here.
 */
export async function runJob(
  data: unknown,
  runId: string,
  deps: RunDeps,
  signal: AbortSignal,
): Promise<Outcome> {
  try {
    const job = parseJob(data);
    const flow = deps.catalogue.flow(job.flow);
    const input = await checkSchema(flow.input, job.input, {
      code: "invalid_input",
      what: `The input of ${job.flow}`,
    });

    using ending = createRunSignal(signal, job.deadlineMs ?? flow.deadlineMs ?? deps.runDeadlineMs);
    await using resources = new AsyncDisposableStack();
    // Left before the sessions it shows are closed.
    await using live = deps.liveRuns?.begin(runId);
    const run: RunContext = {
      id: runId,
      job,
      deps,
      fresh: job.flow === validateFlowName,
      signal: ending.signal,
      follow: ending.follow,
      deadline: ending.deadline,
      resources,
      live,
      known: createKnownSecrets(),
      provedAt: undefined,
      evidence: {},
      watched: undefined,
      claimed: undefined,
      seen: undefined,
      renewal: undefined,
      codeHandedIn: false,
    };
    const outcome = await work(run, { flow, input });
    await noteHealth(run, outcome);
    return outcome;
  } catch (error) {
    return failedOutcome(toFailure(error));
  }
}

/** The stages of a run, in their order. */
async function work(run: RunContext, { flow, input }: { flow: Flow; input: unknown }): Promise<Outcome> {
  const { deps, job } = run;
  const stage = createStage(run.signal, deps.emit);
  try {
    const claim = await stage("identity", () => claimIdentity(run));
    const opened = await stage(
      "session",
      () => openRunSession(run, claim),
      ({ session }) => session.provider,
    );
    const isLook = job.flow === checkHealthFlowName;
    const signedIn = await stage(
      "login",
      () => (isLook ? look(run, claim, opened) : signInSession(run, claim, opened)),
      (came) => ("lapsed" in came ? "the saved state has lapsed" : describeSignIn(came)),
    );
    if ("lapsed" in signedIn) {
      run.seen = { lapsed: signedIn.reason };
      return {
        status: "succeeded",
        result: { identityId: accountOf(claim.identity), signedIn: false, reason: signedIn.reason },
      };
    }
    run.seen = { by: signedIn.by };
    noteSeen(run, claim, signedIn.session);
    const { result, session, saved } = await stage("flow", () =>
      runFlow(run, { flow, input, claim, ...signedIn }),
    );
    if (saved && deps.savesState?.() !== false) await stage("save", () => saveState(run, claim, session));
    return { status: "succeeded", result };
  } catch (error) {
    const outcome = await failRun(run, error);
    if (run.watched !== undefined) await deps.onFailed?.({ outcome, session: run.watched.session });
    return outcome;
  }
}
