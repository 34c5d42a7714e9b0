import Fastify, { type FastifyBaseLogger, type FastifyInstance } from "fastify";
import { toFailure } from "../failure.ts";
import type { Logger } from "../log.ts";

/** What the server can say of the parts it stands on: throws when one does not answer. */
export type ReadinessCheck = () => Promise<unknown>;

export interface AppOptions {
  log: Logger;
  /** By the name of the part. */
  readiness: Readonly<Record<string, ReadinessCheck>>;
}

/**
 * The HTTP server, not yet listening. `GET /live`: the process runs. `GET /ready`: what it stands on answers; 503
 * with the part's failure code where it does not, so that a load balancer looks elsewhere.
 */
export function createApp({ log, readiness }: AppOptions): FastifyInstance {
  const app = Fastify({ loggerInstance: log as FastifyBaseLogger, disableRequestLogging: true });

  app.get("/live", async () => ({ status: "live" }));

  app.get("/ready", async (_request, reply) => {
    const parts = await Promise.all(
      Object.entries(readiness).map(async ([name, check]) => {
        try {
          await check();
          return [name, { status: "ready" }] as const;
        } catch (error) {
          const { code, advice } = toFailure(error);
          return [name, { status: "unavailable", code, advice }] as const;
        }
      }),
    );
    const ready = parts.every(([, { status }]) => status === "ready");
    return reply.code(ready ? 200 : 503).send({ status: ready ? "ready" : "unavailable", parts: Object.fromEntries(parts) });
  });

  return app;
}
