import { createHmac, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/** Who may sign in to the test sites. */
export const ada = { username: "ada@example.test", password: "Tr0ub4dor&3 <ä>" };

/** Her authenticator. The short period keeps tests from waiting for the next step. */
export const adasAuthenticator = {
  secret: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
  algorithm: "sha1" as const,
  digits: 6,
  periodSeconds: 2,
};

/** One request, as a route sees it. */
export interface Visit {
  method: string;
  path: string;
  query: URLSearchParams;
  form: URLSearchParams;
  headers: IncomingMessage["headers"];
  /** Lives as long as the browser's cookie. */
  session: Session;
}

export interface Session {
  passwordAccepted?: boolean;
  user?: string;
  [name: string]: unknown;
}

export interface Answer {
  status?: number;
  html?: string;
  json?: unknown;
  redirect?: string;
  headers?: Record<string, string>;
  /** Milliseconds before the answer begins. */
  delayMs?: number;
}

/** `GET /login` → what it answers; `GET *` → what it answers to every other address. */
export type Routes = Record<string, (visit: Visit, site: LoginSite) => Answer | Promise<Answer>>;

export interface LoginSite extends AsyncDisposable {
  readonly origin: string;
  at(host: string): string;
  /** What reached the server, counted there. */
  readonly submits: { password: number; code: number; username: number; other: number };
  /** Passwords and codes as they arrived, to see that nothing was garbled. */
  readonly passwords: string[];
  /** Every request as `METHOD /path?query`. */
  readonly requests: string[];
  /** Counts a password that came in, and says whether it is hers. */
  takePassword(visit: Visit): boolean;
  /** Counts a code that came in, and says whether it is hers, of a step close to the present one, and not used yet. */
  takeCode(visit: Visit, field?: string): boolean;
}

/** A small site on loopback with one user, in the shape the routes give it. `GET /home` is the signed-in user's. */
export async function startLoginSite(routes: Routes): Promise<LoginSite> {
  const sessions = new Map<string, Session>();
  const usedSteps = new Set<number>();
  const submits = { password: 0, code: 0, username: 0, other: 0 };
  const passwords: string[] = [];
  const requests: string[] = [];
  const all: Routes = { ...standardRoutes, ...routes };

  const server = createServer((request, response) => {
    void (async () => {
      const url = new URL(request.url ?? "/", "http://site.test");
      requests.push(`${request.method} ${request.url}`);
      const cookie = /sid=([^;]+)/.exec(request.headers.cookie ?? "")?.[1] ?? randomUUID();
      const session = sessions.get(cookie) ?? {};
      sessions.set(cookie, session);
      const visit: Visit = {
        method: request.method ?? "GET",
        path: url.pathname,
        query: url.searchParams,
        form: await readForm(request),
        headers: request.headers,
        session,
      };
      const route = all[`${visit.method} ${visit.path}`] ?? all[`${visit.method} *`];
      const answer: Answer =
        route === undefined
          ? { status: 404, html: page("Not found", "<p>Nothing is here.</p>") }
          : await route(visit, site);
      if (answer.delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, answer.delayMs));
      const headers: Record<string, string> = {
        "set-cookie": `sid=${cookie}; Path=/; HttpOnly`,
        ...answer.headers,
      };
      if (answer.redirect !== undefined)
        response.writeHead(303, { ...headers, location: answer.redirect }).end();
      else if (answer.json !== undefined)
        response
          .writeHead(answer.status ?? 200, { "content-type": "application/json", ...headers })
          .end(JSON.stringify(answer.json));
      else
        response
          .writeHead(answer.status ?? 200, { "content-type": "text/html; charset=utf-8", ...headers })
          .end(answer.html ?? "");
    })().catch((error: unknown) => {
      response.writeHead(500).end(String(error));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, resolve);
  });
  const { port } = server.address() as AddressInfo;

  const site: LoginSite = {
    origin: `http://127.0.0.1:${port}`,
    at: (host) => `http://${host}:${port}`,
    submits,
    passwords,
    requests,
    takePassword({ form }) {
      submits.password += 1;
      const password = form.get("password") ?? "";
      passwords.push(password);
      return form.get("username") === ada.username && password === ada.password;
    },
    takeCode({ form }, field = "code") {
      submits.code += 1;
      const step = Math.floor(Date.now() / 1_000 / adasAuthenticator.periodSeconds);
      const matching = [step + 1, step, step - 1, step - 2, step - 3].find(
        (candidate) => codeOf(candidate) === form.get(field) && !usedSteps.has(candidate),
      );
      if (matching === undefined) return false;
      usedSteps.add(matching);
      return true;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
  return site;
}

const standardRoutes: Routes = {
  "GET /": () => ({ redirect: "/home" }),
  "GET /home": ({ session }) =>
    session.user === undefined ? { redirect: "/login" } : { html: home(session.user) },
  "POST /logout": ({ session }) => {
    delete session.user;
    return { redirect: "/login" };
  },
  "POST /never": (_visit, site) => {
    site.submits.other += 1;
    return { html: page("Oops", "<p>This form must never be sent.</p>") };
  },
  "GET /never": (_visit, site) => {
    site.submits.other += 1;
    return { html: page("Oops", "<p>This form must never be sent.</p>") };
  },
};

/** A page as a person knows them. */
export function page(title: string, body: string, { lang = "en", head = "" } = {}): string {
  return `<!doctype html><html lang="${lang}"><head><meta charset="utf-8"><title>${title}</title>${head}</head><body>${body}</body></html>`;
}

export function home(user: string): string {
  return page(
    "Overview",
    `<nav><a href="/home">Overview</a> <a href="/orders">Orders</a> <form method="post" action="/logout"><button>Sign out</button></form></nav><h1>Welcome, ${user.split("@")[0]}</h1><p>You have three open orders and no messages.</p>`,
  );
}

/** RFC 6238, written down anew: the site must not check codes with the code that makes them. */
function codeOf(step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const digest = createHmac(adasAuthenticator.algorithm, base32(adasAuthenticator.secret))
    .update(counter)
    .digest();
  const offset = (digest.at(-1) ?? 0) & 15;
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 10 ** adasAuthenticator.digits).padStart(
    adasAuthenticator.digits,
    "0",
  );
}

function base32(text: string): Buffer {
  const bits = Array.from(text)
    .map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0"))
    .join("");
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks).toString();
  if (!request.headers["content-type"]?.includes("json")) return new URLSearchParams(body);
  return new URLSearchParams(JSON.parse(body) as Record<string, string>);
}
