import { openPublicOnlyProxy } from "../browser/handed-out/public-only-proxy.ts";
import { Failure } from "../failure.ts";
import type { ConnectTokens } from "../identity/connect/connect-tokens.ts";
import type { ConnectVisit, ConnectVisits } from "../identity/connect/connect-visits.ts";
import { registrableDomain } from "../identity/domains.ts";
import type { Connect, ConnectSite } from "../job/connect/connect.ts";
import { mostAttempts } from "../job/connect/visit-state.ts";
import type { Secret } from "../secret.ts";
import type { SessionTokens } from "./tokens.ts";
import type { Sessions } from "./types.ts";

/** The site that is shown. */
export interface SiteToShow {
  url: string;
  /** Registrable domains that belong to it, beside its own. */
  allowedDomains: readonly string[];
}

/** Signing in by hand: a visitor of the connect page drives a browser of ours, and no password is given to us. */
export interface SignInYourself {
  /**
   * Opens a browser at the site. It reaches the public internet and the site, and nothing else of this machine's
   * network: whoever drives it is no user of the operator's.
   * @throws Failure `conflict` when the visit is over or another browser was opened for it; `too_many_requests` when the token's tries or this server's sessions are over; of the browser
   */
  open(visit: ConnectVisit, site: SiteToShow, signal: AbortSignal): Promise<void>;
  /** What the visitor's live view is let in with; undefined where the browser is there no more. */
  look(visit: ConnectVisit): Promise<{ sessionId: string; token: Secret } | undefined>;
  /** Takes what the browser holds, and has a fresh one look whether that signs in. @throws Failure `conflict` */
  finish(visit: ConnectVisit, site: ConnectSite): Promise<void>;
  /** Ends the browser, if there is one. */
  close(visit: ConnectVisit): Promise<void>;
}

/** How long nobody may be looking before the browser is ended, in minutes: long enough to load the page again. */
const idleMinutes = 2;
/** As long as a token lasts. */
const maxMinutes = 15;
const tokenLifeMs = maxMinutes * 60_000;
/** About what a laptop's window leaves for a page within a page, and what most sites are made for. */
const viewport = { width: 1_024, height: 720 };

export function createSignInYourself({
  sessions,
  sessionTokens,
  tokens,
  visits,
  connect,
}: {
  sessions: Pick<Sessions, "create" | "live" | "end">;
  sessionTokens: Pick<SessionTokens, "make">;
  tokens: Pick<ConnectTokens, "countAttempt">;
  visits: Pick<ConnectVisits, "change" | "takeSession">;
  connect: Pick<Connect, "prove" | "stateOf">;
}): SignInYourself {
  async function liveOf({ token, sessionId }: ConnectVisit) {
    if (sessionId === null) return undefined;
    try {
      return await sessions.live(token.project, sessionId);
    } catch (error) {
      if (isOver(error)) return undefined;
      throw error;
    }
  }

  return {
    async open(visit, { url, allowedDomains }, signal) {
      if ((await connect.stateOf(visit)).name !== "open")
        throw new Failure("conflict", "A sign-in is under way, or the visit is over.");
      if ((await liveOf(visit)) !== undefined) return;
      if (!(await tokens.countAttempt(visit.token.id, mostAttempts)))
        throw new Failure("too_many_requests", "There were too many tries with this link.");
      await using opening = new AsyncDisposableStack();
      const domains = [registrableDomain(new URL(url).hostname), ...allowedDomains];
      const { server } = opening.use(await openPublicOnlyProxy({ domains }));
      const { project } = visit.token;
      const { id } = await sessions.create({
        project,
        actor: `connect:${visit.id}`,
        initialUrl: url,
        idleMinutes,
        maxMinutes,
        viewport,
        proxy: { server },
        tags: ["connect page"],
        saveState: false,
        // Whoever drives it is a stranger to this machine's disk.
        downloads: "deny",
        signal,
      });
      if (!(await visits.takeSession(visit, id))) {
        await sessions.end(project, id, { saveState: false });
        throw new Failure("conflict", "Another browser was opened, or the visit is over.");
      }
      const { ending } = await sessions.live(project, id);
      const opened = opening.move();
      const close = () => void opened.disposeAsync();
      if (ending.aborted) close();
      else ending.addEventListener("abort", close, { once: true });
    },

    async look(visit) {
      const live = await liveOf(visit);
      if (live === undefined) return undefined;
      const { project } = visit.token;
      const token = sessionTokens.make({ id: live.id, project, scope: "act", lifeMs: tokenLifeMs });
      return { sessionId: live.id, token };
    },

    async finish(visit, site) {
      const live = await liveOf(visit);
      if (live === undefined) throw new Failure("conflict", "The browser is there no more.");
      await connect.prove(visit, site, await live.capture());
    },

    async close(visit) {
      if (visit.sessionId === null) return;
      await visits.change(visit.id, { sessionId: null });
      try {
        await sessions.end(visit.token.project, visit.sessionId, { saveState: false });
      } catch (error) {
        if (!isOver(error)) throw error;
      }
    },
  };
}

/** `conflict`: another server of the service holds it. */
const isOver = (error: unknown) =>
  error instanceof Failure && ["not_found", "session_ended", "conflict"].includes(error.code);
