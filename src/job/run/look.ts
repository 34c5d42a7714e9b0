import { canReauthenticate } from "../../identity/credentials/can-reauthenticate.ts";
import { checkHealthInput } from "../catalogue/check-health-flow.ts";
import { checkIdentity } from "../check-identity.ts";
import { signInSession } from "./attached.ts";
import type { Claim } from "./claim-identity.ts";
import type { RunSession } from "./open-run-session.ts";
import type { RunContext } from "./run-context.ts";
import { noSubmits, type SignedIn } from "./sign-in.ts";

/** What a look at an identity came to when it is signed in no more, and was not signed in again. */
export interface Lapsed {
  lapsed: true;
  /** Our own text: what was seen, and why nothing was done. */
  reason: string;
}

/**
 * A health check in place of a login: looks whether the saved state signs in, and types nothing while it does. One
 * that has lapsed is signed in again, once, where that can be done with nobody there and both the check and the
 * identity allow it.
 *
 * A site that does not answer is no lapse, and a page that shows a login form is looked at again before it is believed.
 * @throws Failure `site_unreachable`, `site_error`; of the login
 */
export async function look(run: RunContext, claim: Claim, opened: RunSession): Promise<SignedIn | Lapsed> {
  const { identity } = claim;
  const mayBeSignedIn = opened.stateVersion !== null || opened.isAttached === true;
  const seenSignedIn = async (): Promise<SignedIn | undefined> => {
    if (!mayBeSignedIn || !(await checkIdentity(run, claim, opened.session.page)).signedIn) return undefined;
    const by = opened.isAttached === true ? "provider" : "saved_state";
    return { session: opened.session, by, submits: noSubmits, saved: by === "saved_state" };
  };
  const first = await seenSignedIn();
  if (first !== undefined) return first;
  const refusal = refusalToSignIn(run, claim);
  // Looks again before it signs in: at the same state, and at one that another run has saved meanwhile.
  if (refusal === undefined) return await signInSession(run, claim, opened);
  const second = await seenSignedIn();
  if (second !== undefined) return second;
  run.deps.log.info({ identity: identity.id, refusal }, "the saved state has lapsed");
  const seen =
    opened.isAttached === true
      ? "Its provider does not sign it in"
      : opened.stateVersion === null
        ? "It has no saved state"
        : "Its saved state has lapsed";
  return { lapsed: true, reason: `${seen}, and it was not signed in again. ${refusal}` };
}

/** Why a health check does not sign this identity in; undefined when it does. */
function refusalToSignIn({ job }: RunContext, { identity }: Claim): string | undefined {
  const { reauthenticate } = checkHealthInput.parse(job.input);
  if (!reauthenticate) return "This health check signs nobody in.";
  if (!identity.autoReauthenticate) return "It is not to be signed in by health checks.";
  const answer = canReauthenticate(identity);
  return answer.can ? undefined : answer.reason;
}
