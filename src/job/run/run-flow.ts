import type { Session } from "../../browser/session.ts";
import { Failure } from "../../failure.ts";
import { untilAborted } from "../../until-aborted.ts";
import { checkIdentity } from "../check-identity.ts";
import { signInSession } from "./attached.ts";
import { attemptFlow, type FlowWork } from "./attempt-flow.ts";
import type { Claim } from "./claim-identity.ts";
import type { RunContext } from "./run-context.ts";

interface ClaimedWork extends FlowWork {
  claim: Claim;
}

/** What a flow returned, the session it ended in, and whether that session's state is one that can be saved. */
export interface FlowResult {
  result: unknown;
  session: Session;
  saved: boolean;
}

/**
 * Runs the flow. Where the site ended the session half-way, a flow that says it is safe to start over is signed in
 * again and started over, once; any other fails.
 * @throws Failure `session_lapsed`, `flow_failed`, `flow_timed_out`, `invalid_output`, or what ended the run meanwhile
 */
export async function runFlow(run: RunContext, work: ClaimedWork & { saved: boolean }): Promise<FlowResult> {
  try {
    return { result: await attemptFlow(run, work), session: work.session, saved: work.saved };
  } catch (error) {
    run.signal.throwIfAborted();
    if (!(await hasLapsed(run, work))) throw error;
    if (work.flow.restartable !== true) {
      throw new Failure("session_lapsed", "The site ended the session while the flow ran.", { cause: error });
    }
    run.deps.log.info({ flow: run.job.flow }, "session lapsed in mid-flow; signing in again");
    const lapsed = { session: work.session, stateVersion: null };
    const isAttached = work.claim.atProvider !== undefined;
    const { session, saved } = await signInSession(run, work.claim, { ...lapsed, isAttached });
    return { result: await attemptFlow(run, { ...work, session }), session, saved };
  }
}

/** Asks the site from a page of its own: the page the flow failed on stays as it was, for the evidence. */
async function hasLapsed(run: RunContext, { claim, session }: ClaimedWork): Promise<boolean> {
  try {
    const page = await untilAborted(run.signal, () => session.context.newPage());
    try {
      return !(await checkIdentity(run, claim, page)).signedIn;
    } finally {
      await page.close();
    }
  } catch {
    // A site that does not answer, or a browser that is gone, has not ended the session: the first error stands.
    run.signal.throwIfAborted();
    return false;
  }
}
