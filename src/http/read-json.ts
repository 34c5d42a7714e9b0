import type { FastifyInstance } from "fastify";

/**
 * Reads JSON bodies, refusing `__proto__` and its like. An empty one is none: many clients send the content type with
 * every request. Text is the only other type Fastify would read, and nothing here takes it.
 */
export function readJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser("error", "error");
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "string" }, (request, body, done) => {
    if (body.length === 0) return done(null, undefined);
    return parse(request, body.toString(), done);
  });
}
