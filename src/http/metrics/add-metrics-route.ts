import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { isLoopbackAddress } from "../../destinations.ts";
import { Failure } from "../../failure.ts";
import type { ProcessMetrics } from "../../metrics/open.ts";
import type { Secret } from "../../secret.ts";

export interface MetricsOptions {
  scrape: ProcessMetrics["scrape"];
  /** What a scraper has to bring; without one only this machine is answered. */
  token: Secret | undefined;
}

/** `GET /metrics`, for Prometheus. */
export function addMetricsRoute(app: FastifyInstance, { scrape, token }: MetricsOptions): void {
  app.get("/metrics", { schema: { hide: true } }, async (request, reply) => {
    assertMayScrape(request, token);
    const { contentType, text } = await scrape();
    return reply.header("content-type", contentType).header("cache-control", "no-store").send(text);
  });
}

function assertMayScrape(request: FastifyRequest, token: Secret | undefined): void {
  if (token === undefined) {
    if (isFromHere(request)) return;
    throw new Failure(
      "unauthenticated",
      "The metrics are for this machine only, until LATCHKEY_METRICS_TOKEN is set and brought along.",
    );
  }
  const given = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? "")?.[1] ?? "";
  if (!isSame(given, token.reveal()))
    throw new Failure("unauthenticated", "The metrics need the token of LATCHKEY_METRICS_TOKEN.");
}

/** Not through a proxy on this machine: what it passes on comes from elsewhere. */
function isFromHere({ socket, headers }: FastifyRequest): boolean {
  const isPassedOn = ["forwarded", "x-forwarded-for", "x-real-ip", "via"].some((name) => name in headers);
  return !isPassedOn && isLoopbackAddress(socket.remoteAddress ?? "");
}

/** Hashed first, so that the comparison takes as long for every length. */
function isSame(given: string, wanted: string): boolean {
  const [a, b] = [given, wanted].map((text) => createHash("sha256").update(text).digest());
  return a !== undefined && b !== undefined && timingSafeEqual(a, b);
}
