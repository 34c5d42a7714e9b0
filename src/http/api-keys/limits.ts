import rateLimit from "@fastify/rate-limit";
import type { FastifyInstance } from "fastify";
import { Failure } from "../../failure.ts";
import type { FailedAttempts } from "./authenticate.ts";

/** Keys that are no good, per address and minute. Nobody guesses 256 bits: it spares the database the look-ups. */
const failedPerMinute = 60;
const minuteMs = 60_000;

const tooMany = (message: string, ttlMs: number) =>
  new Failure("too_many_requests", message, { retryAfterMs: ttlMs });

/**
 * Limits requests per key, told in the RateLimit headers of draft-ietf-httpapi-ratelimit-headers; register before the
 * routes, whose `onRequest` hooks have set `request.caller` by then. Counted in each server process.
 */
export async function limitRequests(
  app: FastifyInstance,
  { requestsPerMinute }: { requestsPerMinute: number },
): Promise<{ failedAttempts: FailedAttempts }> {
  await app.register(rateLimit, {
    max: requestsPerMinute,
    timeWindow: minuteMs,
    enableDraftSpec: true,
    keyGenerator: (request) => request.caller?.keyId ?? request.ip,
    errorResponseBuilder: (_request, { ttl }) =>
      tooMany(`The key has made more than ${requestsPerMinute} requests within a minute.`, ttl),
  });
  const check = app.createRateLimit({
    max: failedPerMinute,
    timeWindow: minuteMs,
    keyGenerator: (request) => request.ip,
  });
  return {
    failedAttempts: {
      async assertAllowed(request) {
        const state = await check(request, { increment: false });
        if (!state.isAllowed && state.remaining === 0)
          throw tooMany("Too many requests with keys that are no good came from this address.", state.ttl);
      },
      async count(request) {
        await check(request);
      },
    },
  };
}
