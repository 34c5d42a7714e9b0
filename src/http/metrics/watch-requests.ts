import type { FastifyInstance } from "fastify";
import type { Tell } from "../../observe.ts";

/** Tells how long each request took, by the pattern of its route: an address may be anything. */
export function watchRequests(app: FastifyInstance, tell: Tell): void {
  app.addHook("onResponse", async (request, reply) => {
    tell({
      type: "http_request",
      method: request.method,
      route: request.routeOptions.url ?? "none",
      status: reply.statusCode,
      durationMs: reply.elapsedTime,
    });
  });
}
