import type { Session } from "../../browser/session.ts";
import { checkIdentity } from "../check-identity.ts";
import type { Claim } from "./claim-identity.ts";
import { adoptSession, sessionOptions } from "./open-run-session.ts";
import type { RunContext } from "./run-context.ts";
import { storeState } from "./save-state.ts";

/** The session to go on with, and whether its state was saved. */
export interface SavedLogin {
  session: Session;
  saved: boolean;
}

const notRestored = "the saved state does not restore the login; each run will sign in anew";

/**
 * Saves the state of a fresh login, once a new context restored from it proved to be signed in too — a state that
 * was never restored may be empty without anyone noticing.
 *
 * The run goes on in that restored context: where a site hands out a new token with each visit, it now has the
 * newest, and the first run of an identity sees just what the later ones will. Where the site keeps its login in
 * the page's memory alone, nothing is saved and the run goes on where it signed in.
 */
export async function saveLogin(run: RunContext, claim: Claim, session: Session): Promise<SavedLogin> {
  const { deps } = run;
  const { identity, isStored, record, lease } = claim;
  if (!isStored) return { session, saved: false };
  if (session.isOnlyOne) return { session, saved: await saveOnlyOne(run, claim, session) };
  const state = await session.capture();
  const restored = await deps.openSession({ state, signal: run.signal, ...sessionOptions(run, claim) });
  try {
    const { signedIn, reason } = await checkIdentity(run, claim, restored.page);
    if (!signedIn) {
      deps.log.warn({ identity: identity.id, reason }, notRestored);
      await record.clearState(identity.id, lease.fence);
      await restored.close();
      return { session, saved: false };
    }
    await storeState(run, claim, restored);
  } catch (error) {
    await restored.close();
    throw error;
  }
  adoptSession(run, restored);
  await session.close();
  return { session: restored, saved: true };
}

/**
 * Where no second session can be had, a second page must do: a login that is seen there is not in a page's memory, and
 * what it is in is captured.
 */
async function saveOnlyOne(run: RunContext, claim: Claim, session: Session): Promise<boolean> {
  const { identity, record, lease } = claim;
  const page = await session.context.newPage();
  let seen: Awaited<ReturnType<typeof checkIdentity>>;
  try {
    seen = await checkIdentity(run, claim, page);
  } finally {
    await page.close();
  }
  if (seen.signedIn) {
    await storeState(run, claim, session);
    return true;
  }
  run.deps.log.warn({ identity: identity.id, reason: seen.reason }, notRestored);
  await record.clearState(identity.id, lease.fence);
  return false;
}
