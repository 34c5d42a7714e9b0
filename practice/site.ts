import cookie from "@fastify/cookie";
import formbody from "@fastify/formbody";
import { type FastifyInstance, fastify } from "fastify";
import { accountRoutes } from "./account-routes.ts";
import { createAccounts, type PracticeUser, practiceUsers } from "./accounts.ts";
import { loginRoutes } from "./login-routes.ts";
import { createSessions } from "./sessions.ts";
import type { PracticeState } from "./state.ts";
import { styleRoute } from "./style-route.ts";
import { calm, misbehave, type Switches } from "./switches.ts";
import { notFoundPage } from "./views/message.ts";
import { sendPage, type Visit, visitors } from "./visitors.ts";

export { type PracticeUser, practiceUsers } from "./accounts.ts";

export interface PracticeOptions {
  /** `identifier-first`: email, then password, each on its own page. `one-page`: both in one form. */
  form?: "identifier-first" | "one-page";
  /** Wrong passwords in a row after which an account is locked; 5 unless given. */
  lockAfter?: number;
  /** How long a session lasts, in milliseconds; an hour unless given. */
  sessionTtlMs?: number;
  /** Told of each request, before it is answered. */
  onVisit?: (visit: Visit) => void;
}

interface Counters {
  /** Logins brought to their end. */
  readonly logins: number;
  readonly passwordSubmits: number;
  /** Of these, the ones that were wrong, or came too late for a locked account. */
  readonly passwordsRefused: number;
  readonly codeSubmits: number;
  /** Signed-in sessions that have not ended. */
  readonly sessionsLive: number;
}

/** A running practice site. Closing it ends the requests it still holds. */
export interface PracticeSite extends AsyncDisposable {
  /** `http://127.0.0.1:<port>`, without a slash at its end. */
  readonly url: string;
  readonly users: readonly [PracticeUser, ...PracticeUser[]];
  readonly lockAfter: number;
  /** As they stand at the moment of reading. */
  readonly counters: Counters;
  /** Slowness, server errors and hanging, to be set at any time. */
  readonly switches: Switches;
  /** Ends all signed-in sessions, or one user's: their next request leads to the login. */
  expireSessions(username?: string): void;
  /** As newly started: no sessions, locks, used codes, changed passwords, counts or switches. */
  reset(): void;
  close(): Promise<void>;
}

/**
 * Starts the practice site: a small web application to sign in to, with a second factor, statements to download and
 * every way of failing that Latchkey has to know. Loopback only unless told otherwise; keeps nothing on disk.
 */
export async function startPracticeSite({
  port = 0,
  host = "127.0.0.1",
  users = practiceUsers,
  options = {},
}: {
  /** 0 takes a free one. */
  port?: number;
  host?: string;
  users?: readonly [PracticeUser, ...PracticeUser[]];
  options?: PracticeOptions;
} = {}): Promise<PracticeSite> {
  const { form = "identifier-first", lockAfter = 5, sessionTtlMs = 3_600_000 } = options;
  const state: PracticeState = {
    form,
    accounts: createAccounts(users, lockAfter),
    sessions: createSessions(sessionTtlMs),
    switches: calm(),
    counts: noCounts(),
  };
  const app = await buildApp(state, options.onVisit);
  const url = await app.listen({ port, host });

  return {
    url,
    users,
    lockAfter,
    switches: state.switches,
    get counters() {
      return { ...state.counts, sessionsLive: state.sessions.signedIn() };
    },
    expireSessions: (username) => state.sessions.closeAll(username),
    reset() {
      state.sessions.closeAll();
      state.accounts.reset();
      Object.assign(state.switches, calm());
      Object.assign(state.counts, noCounts());
    },
    close: () => app.close(),
    [Symbol.asyncDispose]: () => app.close(),
  };
}

function noCounts(): PracticeState["counts"] {
  return { logins: 0, passwordSubmits: 0, passwordsRefused: 0, codeSubmits: 0 };
}

async function buildApp(state: PracticeState, onVisit: PracticeOptions["onVisit"]): Promise<FastifyInstance> {
  // Or a page that the hang switch holds would hold the closing too.
  const app = fastify({ forceCloseConnections: true });
  app.addHook("onSend", async (_request, reply) => {
    void reply.headers({
      "content-security-policy":
        "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
      "x-content-type-options": "nosniff",
      "referrer-policy": "same-origin",
    });
  });
  await app.register(cookie);
  await app.register(formbody);
  await app.register(styleRoute);
  await app.register(async (pages) => {
    misbehave(pages, state.switches);
    visitors(pages, state.sessions, onVisit);
    await pages.register(loginRoutes, state);
    await pages.register(accountRoutes, state);
    pages.setNotFoundHandler(async (_request, reply) => sendPage(reply.status(404), notFoundPage()));
  });
  return app;
}
