import type { Page } from "playwright-core";
import { connectTo } from "../browser/handed-out/connect.ts";
import { addStateForPages, readContext } from "../browser/handed-out/default-context.ts";
import { openInDefaultContext } from "../browser/handed-out/open-in-default-context.ts";
import type { StartedChromium } from "../browser/handed-out/pool.ts";
import type { OpenSession, Session } from "../browser/session.ts";
import type { Database } from "../database/open.ts";
import { Failure } from "../failure.ts";
import { defineFlow, type Flow } from "../flow.ts";
import { recordAudit } from "../identity/audit.ts";
import { registrableDomain } from "../identity/domains.ts";
import type { SitedIdentity } from "../identity/site-of.ts";
import type { SavedState } from "../identity/types.ts";
import type { RunStore } from "../job/record/runs.ts";
import type { RunDeps } from "../job/run/run-context.ts";
import { runJob } from "../job/run-job.ts";
import { checkSignedIn } from "../login/signed-in.ts";
import type { Site } from "../login/site.ts";
import type { Outcome } from "../outcome.ts";
import { untilAborted } from "../until-aborted.ts";
import { ownState } from "./own-state.ts";
import { recordSignIn } from "./record-sign-in.ts";
import type { SessionEnd } from "./types.ts";

/** The name under which the part that an identity has in a session is recorded. It runs in the server, never queued. */
export const sessionFlowName = "latchkey/session";

export interface HoldDeps
  extends Pick<
    RunDeps,
    "artifacts" | "catalogue" | "codes" | "codeTimeoutMs" | "identities" | "leases" | "log" | "loginTimeoutMs"
  > {
  database: Database;
  runs: RunStore;
  /** Names this process in the record of runs. */
  worker: string;
}

export interface HoldRequest {
  runId: string;
  identity: SitedIdentity;
  actor: string;
  started: StartedChromium;
  /** What sites see the browser come from: its proxy; null for none. */
  proxyServer: string | null;
  /** Whether the browser is for nobody else. */
  isAlone: boolean;
  /** Whether something is in the browser that has to stay. */
  isShared: boolean;
  trustsState: boolean;
  deadlineMs: number;
  /** Resolves when the session is over, for whichever reason. */
  over: Promise<SessionEnd>;
  /** Whether we have left the browser to its clients. */
  hasLeft: () => boolean;
  savesState: () => boolean;
  /** Gives the signing in up. */
  signal: AbortSignal;
  onCancelled: () => void;
}

/** An identity that is held for a session: signed in in its browser, and nobody else's until the session is over. */
export interface HeldIdentity {
  /** Rejects with the failure of the login. */
  readonly signedIn: Promise<void>;
  /** Resolves when the identity is free again, with what its run came to. */
  readonly done: Promise<Outcome>;
}

/**
 * Signs an identity in in a browser that is to be handed out, and holds it until the session is over: a run, as every
 * other, whose flow does nothing but wait. When the session is over, what the site keeps in the browser is saved.
 */
export function holdIdentity(deps: HoldDeps, request: HoldRequest): HeldIdentity {
  const { identity, runId, over } = request;
  const log = deps.log.child({ runId });
  const arrived = Promise.withResolvers<void>();
  const browser = openIdentityBrowser(deps, request);
  const flow = defineFlow<unknown, { endedBy: SessionEnd }>({
    description: "Hand out a signed-in browser to be driven over CDP",
    async run({ session, signal }) {
      await browser.settle(session, signal);
      await note(deps, request, "session.opened");
      arrived.resolve();
      try {
        const endedBy = await untilAborted(signal, () => over);
        // A browser that died ends the session and fails the run, in one moment.
        signal.throwIfAborted();
        return { endedBy };
      } finally {
        await note(deps, request, "session.closed");
      }
    },
  }) as Flow;
  const job = {
    project: identity.project,
    flow: sessionFlowName,
    identityId: identity.id,
    deadlineMs: request.deadlineMs,
  };
  const work = async (tools: Pick<RunDeps, "emit" | "markWaiting">): Promise<Outcome> => {
    // A run that is cancelled does not wait for its flow; what the flow opened must be gone with it all the same.
    let working: Promise<unknown> | undefined;
    const tracked: Flow = { ...flow, run: (context) => (working = flow.run(context)) };
    const outcome = await runJob(
      job,
      runId,
      {
        ...deps,
        ...tools,
        log,
        catalogue: { ...deps.catalogue, flow: () => tracked },
        openSession: browser.openSession,
        // The session is looked at, once it is handed out; its logins are shown to nobody.
        liveRuns: undefined,
        actor: request.actor,
        whenBusy: "fail",
        trustsState: request.trustsState,
        savesState: request.savesState,
        runDeadlineMs: request.deadlineMs,
      },
      request.signal,
    );
    await working?.catch(() => undefined);
    return outcome;
  };
  const done = recordSignIn(deps, { id: runId, job, onCancelled: request.onCancelled, work });
  const signedIn = Promise.race([arrived.promise, done.then(failureOf)]);
  signedIn.catch(() => undefined);
  return { signedIn, done };
}

async function note(
  { database, log }: HoldDeps,
  { identity, actor, runId }: HoldRequest,
  action: "session.opened" | "session.closed",
): Promise<void> {
  const entry = { project: identity.project, actor: { name: actor, runId }, action, identityId: identity.id };
  try {
    await database.kysely.transaction().execute((trx) => recordAudit(trx, entry));
  } catch (error) {
    // Nobody is let at a browser unaudited; of an end that is not written the run's record tells.
    if (action === "session.opened") throw error;
    log.warn({ err: error }, "the audit entry was not written");
  }
}

/** The browser as one identity's run sees it. */
interface IdentityBrowser {
  openSession: OpenSession;
  /** Brings the signed-in state into the default context, where a login was proved in another. */
  settle(session: Session, signal: AbortSignal): Promise<void>;
}

function openIdentityBrowser(
  { identities, catalogue, log }: HoldDeps,
  { identity, started, proxyServer, isAlone, isShared, hasLeft }: HoldRequest,
): IdentityBrowser {
  const { context } = started.connection;
  const site = catalogue.siteFor(identity.sourceUrl);
  const own = isAlone ? (state: SavedState) => state : ownPart(identity, site);
  const open = openInDefaultContext({ started, isShared, log });
  let first: Session | undefined;

  const readBack = async (): Promise<SavedState> => {
    const before = (await identities.loadState(identity.id))?.state;
    await using connection = await connectTo(started.chromium.endpoint);
    return await readContext(connection.context, { before, log });
  };

  /**
   * Replaces what the login left with the state that was proved: where tokens are renewed at each visit, it is newer. In
   * a new page: from the history of the one that signed in, a form could be sent again, and read.
   */
  const replace = async (session: Session, state: SavedState): Promise<Page> => {
    if (!isShared) {
      await session.restore(state);
      return (await session.renew(state)).page;
    }
    await addStateForPages(context, { state, log });
    const page = await context.newPage();
    await session.page.close();
    return page;
  };

  return {
    async openSession(request) {
      const session = await open(request);
      first ??= session;
      return {
        ...session,
        proxyServer,
        capture: async () => own(await (hasLeft() ? readBack() : session.capture())),
      };
    },
    async settle(session, signal) {
      if (session.context === context || first === undefined) return;
      const state = await session.capture();
      // A page that goes on asking its site could renew what the other context is to be given.
      await session.page.goto("about:blank");
      await session.close();
      const page = await replace(first, state);
      const provedAt = (await identities.loadState(identity.id))?.state.provedAt;
      const sourceUrl = provedAt ?? identity.sourceUrl;
      const { signedIn } = await checkSignedIn({ page, sourceUrl, site, signal, log });
      if (!signedIn)
        throw new Failure(
          "session_lapsed",
          "The site ended the login when its state was moved to the browser that is handed out.",
        );
    },
  };
}

function ownPart(identity: SitedIdentity, site: Site | undefined): (state: SavedState) => SavedState {
  const hosts = [
    new URL(identity.sourceUrl).hostname,
    ...identity.allowedDomains,
    ...(site?.allowedDomains ?? []),
  ];
  const domains = new Set(hosts.map(registrableDomain));
  return (state) => ownState(state, domains);
}

/** Why an identity is not signed in. */
function failureOf(outcome: Outcome): never {
  if (outcome.status === "succeeded") throw new Failure("cancelled", "The session ended before it began.");
  const { code, message, retryable, retryAfterMs } = outcome;
  throw new Failure(code, message, { retryable, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
}
