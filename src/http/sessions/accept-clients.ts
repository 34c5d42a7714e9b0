import type { IncomingMessage } from "node:http";
import { WebSocketServer } from "ws";
import type { Config } from "../../config.ts";
import { Failure, toFailure } from "../../failure.ts";
import type { Logger } from "../../log.ts";
import { Secret } from "../../secret.ts";
import { mostMessageBytes } from "../../session/relay.ts";
import { looksLikeSessionToken, type SessionTokens } from "../../session/tokens.ts";
import type { LiveSession, Sessions } from "../../session/types.ts";
import type { KeyCheck } from "../api-keys/key-check.ts";
import { includesScope } from "../api-keys/scopes.ts";
import { refuseUpgrade, type UpgradeRoute } from "../upgrades.ts";
import { createAttemptLimit } from "./attempt-limit.ts";
import { assertNotSigningIn, mayReadCredentials } from "./being-signed-in.ts";

export interface SessionClientsDeps {
  /** Who may read stored credentials. */
  credentialsRoute: Config["credentialsRoute"];
  sessions: Sessions;
  tokens: SessionTokens;
  keyCheck: KeyCheck;
  log: Logger;
}

/** What a client brings: which session, and a session token or an API key. Nothing may log the URL: it is in it. */
interface Ticket {
  id: string;
  secret: Secret;
}

const debugPlace = /^\/v1\/debug-sessions\/(?<id>[^/?]+)\/cdp$/;

interface Visitor {
  project: string;
  /** Whether it may be there while a login types them. */
  seesCredentials: boolean;
}

/**
 * Lets CDP clients at the browsers of sessions: at `ws://host/?apiKey=…&sessionId=…`, where Anchor Browser's clients
 * come to, and below any path prefix, and at the address a debug session tells. In place of a key, a session's token
 * that may drive does as well. A page in somebody's browser, which cannot help naming its origin, is no client.
 */
export function sessionClients(deps: SessionClientsDeps): UpgradeRoute {
  const { sessions, tokens, keyCheck, credentialsRoute, log } = deps;
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: mostMessageBytes,
  });
  const failed = createAttemptLimit();

  /** Only who has to be looked up is limited: others' guesses lock out neither tokens nor keys in use. */
  const callerOf = async (secret: Secret, address: string) => {
    const isKnown = keyCheck.knows(secret);
    if (!isKnown) failed.count(address);
    const caller = await keyCheck.check(secret);
    if (caller === undefined) throw new Failure("unauthenticated", "The API key is not good.");
    if (!isKnown) failed.forgive(address);
    return caller;
  };

  const visitorOf = async ({ id, secret }: Ticket, address: string): Promise<Visitor> => {
    if (looksLikeSessionToken(secret.reveal())) {
      const grant = tokens.check(secret.reveal(), id);
      if (grant === undefined) throw new Failure("unauthenticated", "The session token is not good.");
      if (grant.scope !== "drive") throw new Failure("forbidden", "The session token is for looking only.");
      return { project: grant.project, seesCredentials: false };
    }
    const caller = await callerOf(secret, address);
    if (!includesScope(caller.scope, "admin"))
      throw new Failure("forbidden", "Connecting to a session needs a key of scope admin.");
    const { project, scope } = caller;
    return { project, seesCredentials: mayReadCredentials(scope, credentialsRoute) };
  };

  const admit = async (request: IncomingMessage): Promise<LiveSession> => {
    const ticket = ticketOf(request);
    if (ticket === undefined) throw new Failure("unauthenticated", "The request names no session and key.");
    if (request.headers.origin !== undefined)
      throw new Failure("forbidden", "Web pages are not let at a session over CDP.");
    const { project, seesCredentials } = await visitorOf(ticket, request.socket.remoteAddress ?? "");
    const live = await sessions.live(project, ticket.id);
    assertNotSigningIn(live, seesCredentials);
    return live;
  };

  return {
    wants: ({ url = "" }) => debugPlace.test(pathOf(url)) || isConnectPlace(url),
    accept(request, socket, head) {
      const enter = async () => {
        const live = await admit(request);
        sockets.handleUpgrade(request, socket, head, (client) => {
          try {
            live.enter(client);
          } catch {
            client.close(1013, "the session has all the clients it may have");
          }
        });
      };
      enter().catch((error: unknown) => {
        const { code, status, message } = toFailure(error);
        log.info({ code }, "a client was not let into a session");
        refuseUpgrade(socket, status, status < 500 ? message : "");
      });
    },
  };
}

const pathOf = (url: string) => url.split("?", 1)[0] ?? "";

/** Anchor's clients put the path prefix they were given for the API in front, and `/` where there was none. */
function isConnectPlace(url: string): boolean {
  return !/^\/(?:v1|live)\//.test(url) && queryOf(url).has("sessionId");
}

function ticketOf({ url = "" }: IncomingMessage): Ticket | undefined {
  const query = queryOf(url);
  const debug = debugPlace.exec(pathOf(url))?.groups?.["id"];
  const id = debug ?? query.get("sessionId");
  const secret = query.get(debug === undefined ? "apiKey" : "token");
  return id === null || secret === null ? undefined : { id, secret: new Secret(secret) };
}

/** Anchor's SDK does not encode the key; keys and tokens are made of characters that need none. */
function queryOf(url: string): URLSearchParams {
  return new URLSearchParams(url.split("?")[1] ?? "");
}
