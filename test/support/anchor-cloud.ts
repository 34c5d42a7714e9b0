import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { chromium, type Page } from "playwright-core";
import { WebSocketServer } from "ws";
import { type RemoteChromium, relay, startRemoteChromium } from "./remote-chromium.ts";

/** An identity in the cloud. */
export interface CloudIdentity {
  id: string;
  name: string;
  source: string;
  status: string;
  /** What its credentials are answered with; without them the route is not there, as at the real cloud. */
  credentials?: unknown[];
  /** How its sessions come to be signed in; without it they are handed out as they are. */
  signIn?: (page: Page) => Promise<void>;
  /** What creating a session with it is answered, until it is reauthenticated. */
  stale?: Odd;
  /** What reauthenticating it is answered; it is then no longer stale. Without it, that heals nothing. */
  onReauthenticate?: (identity: CloudIdentity) => Odd | undefined;
}

/** An answer out of the ordinary. */
export interface Odd {
  status?: number;
  headers?: Record<string, string>;
  /** Sent as JSON, but for a text, which is sent as it is. */
  body?: unknown;
  /** The connection ends before or after the work is done, without an answer. */
  cut?: "before" | "after";
  /** Before the work begins, in milliseconds. */
  delayMs?: number;
  /** Fields of `data` that are otherwise; undefined: left out. */
  data?: Record<string, unknown>;
}

export interface CloudSession {
  id: string;
  tags: string[];
  /** As it was asked for. */
  body: Record<string, unknown>;
  browser: RemoteChromium;
  ended: boolean;
}

/** A cloud of Anchor's API on loopback. Its answers are those its documents and its clients show; its sessions are real. */
export interface AnchorCloud extends AsyncDisposable {
  readonly url: string;
  readonly apiKey: string;
  readonly sessions: CloudSession[];
  /** `POST /v1/sessions`, with ids as `:id`. */
  readonly requests: string[];
  /** Sessions that nobody has ended. */
  live(): string[];
  /** Whether lists tell each session's tags. */
  tellsTags: boolean;
  /** The next request of this route is answered so. */
  next(route: string, odd: Odd): void;
  add(identity: Partial<CloudIdentity>): CloudIdentity;
  /** Starts a session as another client would. */
  startSession(tags: string[]): Promise<CloudSession>;
  /** Ends every connection to a browser. */
  cutConnections(): void;
  reset(): void;
}

const fault = (status: number, message: string): Odd => ({
  status,
  body: { error: { code: status, message } },
});

export async function startAnchorCloud(): Promise<AnchorCloud> {
  const apiKey = `CANARY-anchor-key-${randomUUID()}`;
  const identities = new Map<string, CloudIdentity>();
  const sessions: CloudSession[] = [];
  const requests: string[] = [];
  const startBrowser = () => startRemoteChromium();
  /** The next session's. */
  let ahead = startBrowser();
  const odds = new Map<string, Odd[]>();
  let url = "";

  async function startSession(tags: string[], body: Record<string, unknown> = {}): Promise<CloudSession> {
    const browser = await ahead;
    ahead = startBrowser();
    const session = { id: `CANARY-session-${randomUUID()}`, tags, body, browser, ended: false };
    sessions.push(session);
    return session;
  }

  async function end(session: CloudSession): Promise<void> {
    session.ended = true;
    await session.browser[Symbol.asyncDispose]();
  }

  async function create(body: Record<string, unknown>): Promise<Odd> {
    const wanted = (body["identities"] ?? []) as { id: string }[];
    for (const { id } of wanted) {
      const identity = identities.get(id);
      if (identity === undefined) return fault(404, "Identity not found");
      if (identity.stale !== undefined) return identity.stale;
    }
    const { tags = [] } = (body["session"] ?? {}) as { tags?: string[] };
    const session = await startSession(tags, body);
    for (const { id } of wanted) {
      const browser = await chromium.connectOverCDP(session.browser.url);
      const page = browser.contexts()[0]?.pages()[0];
      if (page !== undefined) await identities.get(id)?.signIn?.(page);
      await browser.close();
    }
    const query = `?apiKey=${apiKey}&sessionId=${session.id}`;
    return {
      body: {
        data: {
          id: session.id,
          cdp_url: `${url.replace("http", "ws")}/${query}`,
          live_view_url: `${url}/live/${query}`,
        },
      },
    };
  }

  const shown = ({ id, tags, ended }: CloudSession) => ({
    session_id: id,
    status: ended ? "completed" : "running",
    created_at: new Date().toISOString(),
    tags,
  });

  async function answer(route: string, id: string, body: Record<string, unknown>): Promise<Odd> {
    const identity = identities.get(id);
    const session = sessions.find((one) => one.id === id);
    switch (route) {
      case "POST /v1/sessions":
        return create(body);
      case "GET /v1/sessions/all/status": {
        const running = sessions.filter(({ ended }) => !ended).map(shown);
        const items = running.map(({ tags, ...item }) => (cloud.tellsTags ? { ...item, tags } : item));
        return { body: { data: { count: items.length, items } } };
      }
      case "GET /v1/sessions/:id":
        return session === undefined
          ? fault(404, "Session not found")
          : { body: { data: { ...shown(session), team_id: "t", playground: false, steps: [] } } };
      case "DELETE /v1/sessions/:id":
        // As documented: the same status for a bad key and for a session that is not there.
        if (session === undefined) return fault(401, "Invalid API key or session id");
        await end(session);
        return { body: { data: { status: "success" } } };
      case "GET /v1/sessions/:id/auth-status":
        return { body: { data: { status: "agent_done", tasks: [] } } };
      case "GET /v1/applications":
        return { body: { applications: [] } };
      case "GET /v1/identities/:id":
        if (identity === undefined) return fault(404, "Identity not found");
        return {
          body: { id, name: identity.name, source: identity.source, status: identity.status, metadata: {} },
        };
      case "GET /v1/identities/:id/credentials":
        if (identity?.credentials === undefined) return fault(404, "Cannot GET");
        return {
          body: { id, name: identity.name, source: identity.source, credentials: identity.credentials },
        };
      case "POST /v1/identities/:id/reauthenticate":
        if (identity?.onReauthenticate === undefined)
          return fault(422, "Identity could not be reauthenticated");
        return identity.onReauthenticate(identity) ?? { body: { identityId: id, async: false } };
      default:
        return fault(404, `Cannot ${route}`);
    }
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? "/", "http://cloud.test");
    const id = /^\/v1\/(?:sessions|identities)\/([^/]+)/.exec(pathname)?.[1] ?? "";
    const isId = id !== "" && id !== "all";
    const route = `${request.method} ${isId ? pathname.replace(id, ":id") : pathname}`;
    requests.push(route);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const odd = odds.get(route)?.shift();
    if (odd?.delayMs !== undefined) await sleep(odd.delayMs);
    if (odd?.cut === "before") {
      request.socket.destroy();
      return;
    }
    const isKnown = request.headers["anchor-api-key"] === apiKey;
    const does = odd?.status === undefined && odd?.body === undefined;
    const result = !isKnown
      ? fault(401, "Invalid API key")
      : does
        ? await answer(route, decodeURIComponent(id), text === "" ? {} : JSON.parse(text))
        : odd;
    if (odd?.cut === "after") {
      request.socket.destroy();
      return;
    }
    const { status = 200, headers = {}, body = {} } = result;
    const data = (body as { data?: Record<string, unknown> }).data;
    if (data !== undefined) Object.assign(data, odd?.data);
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  }

  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  const sockets = new WebSocketServer({ noServer: true });
  server.on("upgrade", (request, socket, head) => {
    const { searchParams } = new URL(request.url ?? "/", "http://cloud.test");
    const session = sessions.find(({ id }) => id === searchParams.get("sessionId"));
    const status =
      searchParams.get("apiKey") !== apiKey
        ? "401 Unauthorized"
        : session === undefined
          ? "404 Not Found"
          : session.ended
            ? "410 Gone"
            : undefined;
    if (status !== undefined || session === undefined) {
      socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\n\r\n`);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (client) => relay(client, session.browser.url));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const cutConnections = () => {
    for (const client of sockets.clients) client.terminate();
  };
  const cloud: AnchorCloud = {
    url,
    apiKey,
    tellsTags: true,
    sessions,
    requests,
    live: () => sessions.filter(({ ended }) => !ended).map(({ id }) => id),
    next(route, odd) {
      odds.set(route, [...(odds.get(route) ?? []), odd]);
    },
    add(fields) {
      const identity = { id: randomUUID(), name: "In the cloud", source: "", status: "validated", ...fields };
      identities.set(identity.id, identity);
      return identity;
    },
    startSession: (tags) => startSession(tags),
    cutConnections,
    reset() {
      requests.length = 0;
      sessions.length = 0;
      odds.clear();
      identities.clear();
      cloud.tellsTags = true;
    },
    async [Symbol.asyncDispose]() {
      cutConnections();
      sockets.close();
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
      for (const session of sessions) if (!session.ended) await end(session);
      await (await ahead)[Symbol.asyncDispose]();
    },
  };
  return cloud;
}
