import type { Session } from "../browser/session.ts";
import type { Claim } from "./claim-identity.ts";
import type { RunContext } from "./run-context.ts";

/**
 * Saves the state the flow left, for the next run: tokens may have been renewed. It replaces what was saved. A state
 * that cannot be captured or stored leaves the old one, and the run as successful as it was.
 */
export async function saveState(
  run: RunContext,
  { identity, lease }: Claim,
  session: Session,
): Promise<void> {
  try {
    const state = run.known.withUsername(await session.capture());
    await run.deps.identities.saveState(identity.id, state, lease.fence, identity.credentialsVersion);
  } catch (error) {
    run.signal.throwIfAborted();
    run.deps.log.warn({ err: error, identity: identity.id }, "the state could not be saved after the flow");
  }
}
