import { readFile } from "node:fs/promises";
import type { FastifyInstance } from "fastify";

/** The one stylesheet. It stays well when the pages are told to misbehave. */
export async function styleRoute(app: FastifyInstance): Promise<void> {
  const style = await readFile(new URL("./style.css", import.meta.url));
  app.get("/style.css", async (_request, reply) =>
    reply.type("text/css; charset=utf-8").header("cache-control", "max-age=300").send(style),
  );
}
