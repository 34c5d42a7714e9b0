import type { Session } from "../../browser/session.ts";
import type { SavedState } from "../../identity/types.ts";
import type { Claim } from "./claim-identity.ts";
import type { RunContext } from "./run-context.ts";

/** Captures the session's state and stores it in place of the identity's. @throws Failure `lease_lost` */
export async function storeState(
  run: RunContext,
  { identity, record, lease }: Claim,
  session: Session,
): Promise<void> {
  const captured = await session.capture();
  const { username } = run.known;
  const state: SavedState = {
    ...captured,
    ...(username === undefined ? {} : { username }),
    ...(run.provedAt === undefined ? {} : { provedAt: run.provedAt }),
  };
  await record.saveState(identity.id, state, lease.fence, identity.credentialsVersion);
}

/**
 * Saves the state the flow left, for the next run: tokens may have been renewed. It replaces what was saved. A state
 * that cannot be captured or stored leaves the old one, and the run as successful as it was.
 */
export async function saveState(run: RunContext, claim: Claim, session: Session): Promise<void> {
  try {
    await storeState(run, claim, session);
  } catch (error) {
    run.signal.throwIfAborted();
    run.deps.log.warn(
      { err: error, identity: claim.identity.id },
      "the state could not be saved after the flow",
    );
  }
}
