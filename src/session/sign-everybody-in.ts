import { addStateForPages } from "../browser/handed-out/default-context.ts";
import type { StartedChromium } from "../browser/handed-out/pool.ts";
import { toFailure } from "../failure.ts";
import type { SitedIdentity } from "../identity/site-of.ts";
import type { SavedState } from "../identity/types.ts";
import type { Ending } from "./ending.ts";
import { type HeldIdentity, type HoldDeps, holdIdentity } from "./hold-identity.ts";
import { leaveOnePage, proxyOf } from "./session-browser.ts";
import type { NewSession, SessionIdentity } from "./types.ts";

export interface SignInRequest
  extends Pick<NewSession, "actor" | "headed" | "initialUrl" | "proxy" | "skipValidation" | "viewport"> {
  identities: readonly SitedIdentity[];
  profileState: SavedState | undefined;
  started: StartedChromium;
  ending: Ending;
  deadlineMs: number;
  /** Of the session's record, one for each identity; changed as they are signed in. */
  entries: readonly SessionIdentity[];
  onChange: () => void;
  /** Whether the state that an identity has in the browser at the end is to be saved. */
  savesState: (identity: SitedIdentity) => boolean;
  /** Ends the session. */
  onCancelled: () => void;
}

/**
 * Signs all identities in, one after another, because each may ask the person who waits for a code; leaves one
 * page; and leaves the browser to its clients. Each identity is held until the session is over.
 * @throws Failure of the first login that fails; then nobody is held
 */
export async function signEverybodyIn(deps: HoldDeps, request: SignInRequest): Promise<HeldIdentity[]> {
  const { started, identities, entries, profileState, ending } = request;
  const { context } = started.connection;
  const { log } = deps;
  let hasLeft = false;
  const held: HeldIdentity[] = [];
  try {
    if (profileState !== undefined) await addStateForPages(context, { state: profileState, log });
    for (const [index, identity] of identities.entries()) {
      const entry = entries[index];
      if (entry === undefined) break;
      const mark = (change: Partial<SessionIdentity>) => {
        Object.assign(entry, change);
        request.onChange();
      };
      mark({ status: "authenticating" });
      const holding = holdIdentity(deps, {
        runId: entry.runId,
        identity,
        actor: request.actor,
        started,
        proxyServer: proxyOf(request),
        isAlone: identities.length === 1 && profileState === undefined,
        isShared: index > 0 || profileState !== undefined,
        trustsState: request.skipValidation === true,
        deadlineMs: request.deadlineMs,
        over: ending.over,
        hasLeft: () => hasLeft,
        savesState: () => request.savesState(identity),
        signal: ending.unwanted,
        onCancelled: request.onCancelled,
      });
      held.push(holding);
      await holding.signedIn.catch((error: unknown) => {
        mark({ status: "failed", code: toFailure(error).code });
        throw error;
      });
      mark({ status: "authenticated" });
      // A run that ends before the session does has lost its identity.
      void holding.done.then(request.onCancelled);
    }
    await leaveOnePage(context, { ...request, log });
    return held;
  } catch (error) {
    request.onCancelled();
    await Promise.allSettled(held.map(({ done }) => done));
    throw error;
  } finally {
    hasLeft = true;
    await started.connection[Symbol.asyncDispose]();
  }
}
