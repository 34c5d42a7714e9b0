import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from "fastify";
import { Failure, type FailureCode, toFailure } from "../failure.ts";
import type { Logger } from "../log.ts";

/** How the server tells whether a part it stands on answers. */
export interface ReadinessCheck {
  /** Throws when the part does not answer. */
  check(): Promise<unknown>;
  /** What its silence means, and an error that is no Failure. */
  code: FailureCode;
}

export interface AppOptions {
  log: Logger;
  /** By the name of the part. */
  readiness: Readonly<Record<string, ReadinessCheck>>;
  /** How long a part may take to answer, in milliseconds: less than load balancers wait. */
  readinessTimeoutMs?: number;
}

type PartState = { status: "ready" } | { status: "unavailable"; code: FailureCode; advice: string };

/**
 * The HTTP server, not yet listening. `GET /live`: the process runs. `GET /ready`: what it stands on answers; 503
 * with the part's failure code and advice where it does not, so that a load balancer looks elsewhere.
 */
export function createApp({ log, readiness, readinessTimeoutMs = 2_000 }: AppOptions): FastifyInstance {
  const app = fastify({
    loggerInstance: log as FastifyBaseLogger,
    // A balancer asks every few seconds.
    logController: new LogController({ disableRequestLogging: true }),
  });

  app.get("/live", async (_request, reply) =>
    reply.header("cache-control", "no-store").send({ status: "live" }),
  );

  app.get("/ready", async (_request, reply) => {
    const states = await Promise.all(
      Object.entries(readiness).map(async ([name, check]) => {
        const state = await stateOf(check, readinessTimeoutMs);
        if (state.status === "unavailable") log.warn({ part: name, code: state.code }, "a part is not ready");
        return [name, state] as const;
      }),
    );
    const ready = states.every(([, { status }]) => status === "ready");
    return reply
      .code(ready ? 200 : 503)
      .header("cache-control", "no-store")
      .send({ status: ready ? "ready" : "unavailable", parts: Object.fromEntries(states) });
  });

  return app;
}

async function stateOf({ check, code }: ReadinessCheck, timeoutMs: number): Promise<PartState> {
  const silence = Promise.withResolvers<never>();
  const timer = setTimeout(() => silence.reject(new Failure(code, "It did not answer.")), timeoutMs);
  try {
    await Promise.race([check(), silence.promise]);
    return { status: "ready" };
  } catch (error) {
    const failure = toFailure(error, code);
    return { status: "unavailable", code: failure.code, advice: failure.advice };
  } finally {
    clearTimeout(timer);
  }
}
