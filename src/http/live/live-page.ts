import { readFileSync } from "node:fs";
import type { FastifyInstance } from "fastify";
import { Failure } from "../../failure.ts";
import type { SessionTokens } from "../../session/tokens.ts";
import type { FindLiveSource } from "./live-source.ts";
import { livePageHtml, noLiveViewHtml } from "./page/html.ts";
import { livePageScript } from "./page/script.ts";

/** Nothing is fetched from elsewhere, and the address, which may still have the token in it, is told to nobody. */
const headers = (frameAncestors: readonly string[]) => ({
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' blob:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    `frame-ancestors ${["'self'", ...frameAncestors].join(" ")}`,
  ].join("; "),
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "cross-origin-resource-policy": "same-origin",
  "x-robots-tag": "noindex",
});

/**
 * Serves the page that shows a session or a run. The page is the same for all; what it shows it is given over its
 * WebSocket. A link whose token is not good is not found; without one the page looks for what it kept.
 */
export function addLivePage(
  app: FastifyInstance,
  {
    tokens,
    find,
    frameAncestors,
  }: { tokens: SessionTokens; find: FindLiveSource; frameAncestors: readonly string[] },
): void {
  const pageHeaders = { ...headers(frameAncestors), "cache-control": "no-store" };
  const style = readFileSync(new URL("./page/live.css", import.meta.url), "utf8");
  const asset = { "cache-control": "no-cache", "x-content-type-options": "nosniff" };
  app.get("/live/assets/live.css", { schema: { hide: true } }, async (_request, reply) =>
    reply.headers(asset).type("text/css; charset=utf-8").serializer(String).send(style),
  );
  app.get("/live/assets/live.js", { schema: { hide: true } }, async (_request, reply) =>
    reply.headers(asset).type("text/javascript; charset=utf-8").serializer(String).send(livePageScript),
  );
  app.get<{ Params: { id: string }; Querystring: { token?: string } }>(
    "/live/:id",
    { schema: { hide: true } },
    async ({ params: { id }, query: { token }, headers: { accept = "" } }, reply) => {
      const isGood =
        token === undefined || (typeof token === "string" && tokens.peek(token, id) !== undefined);
      // A program is answered in the one shape of all refusals.
      if (!isGood && !accept.includes("text/html")) throw noSuchView();
      return reply
        .code(isGood ? 200 : 404)
        .headers(pageHeaders)
        .type("text/html; charset=utf-8")
        .serializer(String)
        .send(isGood ? livePageHtml : noLiveViewHtml);
    },
  );
  // A WebSocket that is refused does not tell the page why.
  app.get<{ Params: { id: string } }>(
    "/live/:id/check",
    { schema: { hide: true } },
    async ({ params: { id }, headers: { authorization = "" } }, reply) => {
      const grant = tokens.peek(authorization.replace(/^Bearer /, ""), id);
      if (grant === undefined || (await find(grant.project, id)) === undefined) throw noSuchView();
      return reply.code(204).header("cache-control", "no-store").send();
    },
  );
}

const noSuchView = () =>
  new Failure("not_found", "There is nothing to see by this link: it is not good, or no longer.");
