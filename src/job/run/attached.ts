import { StaleIdentity } from "../../browser/providers/stale-identity.ts";
import { Failure } from "../../failure.ts";
import { untilAborted } from "../../until-aborted.ts";
import { checkIdentity } from "../check-identity.ts";
import type { Claim, HeldByProvider } from "./claim-identity.ts";
import { openOwnSession, openSessionAs, type RunSession } from "./open-run-session.ts";
import { findCredentials } from "./provider-credentials.ts";
import type { RunContext } from "./run-context.ts";
import { noSubmits, type SignedIn, signIn } from "./sign-in.ts";

/**
 * Opens the session a run works in: signed in by the provider, where that has the identity. One that it cannot sign in
 * is signed in anew there, once; after that a browser that is signed in nowhere will do, if there are credentials.
 * @throws Failure `needs_attention` where there are none; of the provider
 */
export async function openRunSession(run: RunContext, claim: Claim): Promise<RunSession> {
  const { atProvider } = claim;
  if (atProvider === undefined) return await openOwnSession(run, claim);
  const open = async () => ({ session: await openSessionAs(run, claim, atProvider), stateVersion: null });
  try {
    return { ...(await open()), isAttached: true };
  } catch (error) {
    const stale = asStale(error);
    run.deps.log.info({ reason: stale.message }, "the provider could not sign the identity in");
    // What the site has refused is not typed again: that could lock the account.
    if (stale.credentialsRefused || !(await renew(run, atProvider)))
      return await openWithCredentials(run, claim, stale);
  }
  try {
    return { ...(await open()), isAttached: true };
  } catch (error) {
    return await openWithCredentials(run, claim, asStale(error));
  }
}

/** @throws the error, where it is of another kind */
function asStale(error: unknown): StaleIdentity {
  if (error instanceof StaleIdentity) return error;
  throw error;
}

async function openWithCredentials(run: RunContext, claim: Claim, stale: StaleIdentity): Promise<RunSession> {
  await findCredentials(run, claim, withRenewal(run, stale));
  return await openOwnSession(run, claim);
}

/** What the site refused when the provider was asked to sign in anew stays refused for the rest of the run. */
function withRenewal(run: RunContext, { credentialsRefused }: StaleIdentity): StaleIdentity {
  return new StaleIdentity({
    credentialsRefused: credentialsRefused || run.renewal?.credentialsRefused === true,
  });
}

/**
 * Has the provider sign the identity in anew, once in a run: it may type a password. Not where the site refused that
 * within the hour, unless a person asks. False where that is over, or failed.
 */
async function renew(run: RunContext, { id, identities }: HeldByProvider): Promise<boolean> {
  if (run.renewal !== undefined) return false;
  const isLeftAlone = !run.fresh && identities.wasRefused(id);
  run.renewal = { renewed: false, credentialsRefused: isLeftAlone };
  if (isLeftAlone) return false;
  run.renewal = await untilAborted(run.signal, () => identities.reauthenticate(id, run.signal));
  run.deps.log.info({ ...run.renewal }, "the provider was asked to sign the identity in anew");
  return run.renewal.renewed;
}

/** Makes sure the run's session is signed in, whoever did it. @throws Failure of the login, `needs_attention` */
export async function signInSession(run: RunContext, claim: Claim, opened: RunSession): Promise<SignedIn> {
  return opened.isAttached ? await signInAttached(run, claim, opened) : await signIn(run, claim, opened);
}

/**
 * Believes no provider: whether the session is signed in is seen at the site. One that is not is signed in anew by the
 * provider, once, and then by us.
 */
async function signInAttached(run: RunContext, claim: Claim, opened: RunSession): Promise<SignedIn> {
  const { session } = opened;
  const { signedIn, reason } = await checkIdentity(run, claim, session.page);
  run.deps.log.debug({ signedIn, reason }, "the provider's sign-in checked");
  if (signedIn) return await byProvider(run, claim, opened);
  if (claim.atProvider !== undefined && (await renewed(run, claim.atProvider))) {
    // What it signed in anew is in the sessions that come after.
    await session.close();
    return await signInSession(run, claim, await openRunSession(run, claim));
  }
  const stale = withRenewal(run, new StaleIdentity({ credentialsRefused: false }));
  await findCredentials(run, claim, stale);
  return await signIn(run, claim, { session, stateVersion: null });
}

/** A provider that fails to sign in anew while the session is there leaves us to try. */
async function renewed(run: RunContext, atProvider: HeldByProvider): Promise<boolean> {
  try {
    return await renew(run, atProvider);
  } catch (error) {
    run.signal.throwIfAborted();
    if (error instanceof Failure && error.code === "unknown_identity") throw error;
    run.deps.log.warn({ err: error }, "the provider could not be asked to sign the identity in anew");
    return false;
  }
}

async function byProvider(run: RunContext, claim: Claim, { session }: RunSession): Promise<SignedIn> {
  const { identity, record, lease } = claim;
  if (identity.status !== "validated")
    await record.setStatus(identity.id, "validated", null, lease.fence, identity.credentialsVersion);
  run.deps.emit({ type: "login", result: "provider", submits: noSubmits });
  return { session, by: "provider", submits: noSubmits, saved: false };
}
