import { watchConsole } from "../../browser/evidence.ts";
import type { Session } from "../../browser/session.ts";
import type { Identity, SavedState } from "../../identity/types.ts";
import { pauseWithDebugger } from "./debugger-pauses.ts";
import type { RunContext } from "./run-context.ts";

/** A session of the identity, and which version of its saved state it was given; null for none. */
export interface RunSession {
  session: Session;
  stateVersion: bigint | null;
}

/** Opens the browser session a run works in, with the identity's saved state in it. */
export async function openRunSession(run: RunContext, identity: Identity): Promise<RunSession> {
  const { deps, job } = run;
  const saved =
    run.fresh || identity.stateCapturedAt === null ? null : await deps.identities.loadState(identity.id);
  if (saved !== null) useState(run, saved.state);
  const session = await deps.openSession({
    signal: run.signal,
    ...(saved === null ? {} : { state: saved.state }),
    ...sessionOptions(run, identity),
  });
  adoptSession(run, session);
  deps.log.debug({ session: session.id, provider: session.provider, flow: job.flow }, "session open");
  return { session, stateVersion: saved?.version ?? null };
}

/** Learns from a saved state what it tells beside itself: whose it is, and where that shows. */
export function useState(run: RunContext, state: SavedState): void {
  run.known.useState(state);
  run.provedAt = state.provedAt;
}

/** Where an identity's sessions come from, and how they are shown. */
export function sessionOptions({ deps }: RunContext, identity: Identity) {
  return {
    ...(identity.provider === null ? {} : { provider: identity.provider }),
    ...(identity.proxyServer === null ? {} : { proxyServer: identity.proxyServer }),
    ...(deps.headed === undefined ? {} : { headed: deps.headed }),
    ...(deps.slowMoMs === undefined ? {} : { slowMoMs: deps.slowMoMs }),
  };
}

/** Makes a session the run's: closed with it, its loss the run's end, its page what evidence is taken of. */
export function adoptSession(run: RunContext, session: Session): void {
  run.resources.use(session);
  run.resources.use(pauseWithDebugger(session.context, run.deadline));
  run.follow(session.lost);
  run.watched = { session, consoleErrors: watchConsole(session.page) };
}
