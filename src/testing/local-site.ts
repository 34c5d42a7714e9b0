import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * What a flow meets in a test: one page of HTML for every path; pages by path, others not found; a request handler of
 * `node:http`; or the URL of a server that runs already.
 */
export type TestSite = string | URL | Readonly<Record<string, string>> | RequestListener;

/** A site on loopback, while it is wanted. */
export interface LocalSite extends AsyncDisposable {
  /** `http://127.0.0.1:<port>/`, or the URL given. */
  readonly url: string;
  /** What was asked of it: `GET /invoices?month=2026-03`. Empty for a server that is not ours. */
  readonly requests: readonly string[];
}

export async function openLocalSite(site: TestSite): Promise<LocalSite> {
  if (site instanceof URL || (typeof site === "string" && /^https?:\/\//.test(site)))
    return { url: new URL(site).href, requests: [], [Symbol.asyncDispose]: async () => {} };
  const requests: string[] = [];
  const handle = handlerOf(site);
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    handle(request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    requests,
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function handlerOf(site: Exclude<TestSite, URL>): RequestListener {
  if (typeof site === "function") return site;
  return ({ url = "/" }, response) => {
    const { pathname } = new URL(url, "http://localhost");
    const page = typeof site === "string" ? site : site[pathname];
    response.statusCode = page === undefined ? 404 : 200;
    response.setHeader("content-type", "text/html; charset=utf-8").end(page ?? "<h1>Not found</h1>");
  };
}
