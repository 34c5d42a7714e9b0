import type { FastifyInstance } from "fastify";
import { Failure, type FailureCode, toFailure } from "../failure.ts";
import type { Logger } from "../log.ts";

/** How the server tells whether a part it stands on answers. */
export interface ReadinessCheck {
  /** Throws when the part does not answer. */
  check(): Promise<unknown>;
  /** What its silence means, and an error that is no Failure. */
  code: FailureCode;
}

type PartState = { status: "ready" } | { status: "unavailable"; code: FailureCode; advice: string };

/**
 * `GET /live`: the process runs. `GET /ready`: what it stands on answers; 503 with the part's failure code and advice
 * where it does not, so that a load balancer looks elsewhere.
 */
export function addHealthRoutes(
  app: FastifyInstance,
  {
    log,
    readiness,
    timeoutMs,
  }: { log: Logger; readiness: Readonly<Record<string, ReadinessCheck>>; timeoutMs: number },
): void {
  const schema = { hide: true };
  app.get("/live", { schema }, async (_request, reply) =>
    reply.header("cache-control", "no-store").send({ status: "live" }),
  );

  app.get("/ready", { schema }, async (_request, reply) => {
    const states = await Promise.all(
      Object.entries(readiness).map(async ([name, check]) => {
        const state = await stateOf(check, timeoutMs);
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
