import { watchConsole } from "../../browser/evidence.ts";
import type { Session, SessionRequest } from "../../browser/session.ts";
import type { SavedState } from "../../identity/types.ts";
import type { Claim, HeldByProvider } from "./claim-identity.ts";
import { pauseWithDebugger } from "./debugger-pauses.ts";
import type { RunContext } from "./run-context.ts";

/** A session of the identity, and which version of its saved state it was given; null for none. */
export interface RunSession {
  session: Session;
  stateVersion: bigint | null;
  /** Whether the provider is to have signed it in. */
  isAttached?: boolean;
}

/** Opens a browser session with the identity's saved state in it. */
export async function openOwnSession(run: RunContext, claim: Claim): Promise<RunSession> {
  const { identity, record } = claim;
  const saved = run.fresh || identity.stateCapturedAt === null ? null : await record.loadState(identity.id);
  if (saved !== null) useState(run, saved.state);
  const state = saved === null ? {} : { state: saved.state };
  const session = await open(run, { ...state, ...sessionOptions(run, claim) });
  return { session, stateVersion: saved?.version ?? null };
}

/** Opens a session that the identity's provider signs in. @throws StaleIdentity; Failure of the provider */
export function openSessionAs(run: RunContext, claim: Claim, { id }: HeldByProvider): Promise<Session> {
  return open(run, { attach: [id], ...sessionOptions(run, claim) });
}

async function open(run: RunContext, request: Omit<SessionRequest, "signal">): Promise<Session> {
  const { deps, job, signal } = run;
  const session = await deps.openSession({ signal, ...request });
  adoptSession(run, session);
  deps.log.debug({ session: session.id, provider: session.provider, flow: job.flow }, "session open");
  return session;
}

/** Learns from a saved state what it tells beside itself: whose it is, and where that shows. */
export function useState(run: RunContext, state: SavedState): void {
  run.known.useState(state);
  run.provedAt = state.provedAt;
}

/** Where an identity's sessions come from, and how they are shown. */
export function sessionOptions({ id, deps, deadline }: RunContext, { identity, provider }: Claim) {
  return {
    tag: id,
    maxMs: deadline.leftMs(),
    ...(provider === undefined ? {} : { provider }),
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
  run.live?.show(session);
  run.watched = { session, consoleErrors: watchConsole(session.page) };
}
