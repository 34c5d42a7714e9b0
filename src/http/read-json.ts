import type { FastifyInstance } from "fastify";
import { Failure } from "../failure.ts";

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
  // RFC 6902 §6: of a patch, and of nothing else.
  app.addContentTypeParser("application/json-patch+json", { parseAs: "string" }, (request, body, done) => {
    if (body.length === 0) return done(null, undefined);
    if (request.method !== "PATCH") return done(ofOtherType(), undefined);
    return parse(request, body.toString(), done);
  });
  // Clients name a type with an empty body, too: axios takes one for a form's.
  app.addContentTypeParser("*", { parseAs: "string" }, (_request, body, done) => {
    if (body.length === 0) return done(null, undefined);
    return done(ofOtherType(), undefined);
  });
}

const ofOtherType = () =>
  new Failure("unsupported_media_type", "The body is of a type that is not taken here.");
