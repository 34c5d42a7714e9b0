import { randomUUID } from "node:crypto";
import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Failure } from "../failure.ts";
import { dialectOf } from "./dialects.ts";
import { errorBody } from "./error-body.ts";
import { requestFailure } from "./to-failure.ts";

/** Answers every refusal in the one shape of its dialect, whoever refuses: a handler, a schema, Fastify's router or Node's parser. */
export function refuseInOneShape(app: FastifyInstance): void {
  const paths = collectPaths(app);
  app.addHook("onRequest", async ({ headers, raw }) => {
    if (headers.host === undefined && raw.httpVersion === "1.1")
      throw new Failure("invalid_argument", "The request has no Host header.");
  });
  // Node would answer an expectation it does not know with a bare 417; RFC 9110 §10.1.1 lets it pass.
  app.server.on("checkExpectation", (request, response) => app.server.emit("request", request, response));
  app.setErrorHandler((error, request, reply) => refuse(error, request, reply));
  app.setNotFoundHandler((request, reply) => {
    const allowed = paths.methodsOf(request.url);
    if (allowed.length === 0)
      return refuse(new Failure("not_found", "There is nothing at this path."), request, reply);
    reply.header("allow", allowed.join(", "));
    return refuse(
      new Failure("method_not_allowed", `This path answers ${allowed.join(", ")}, not ${request.method}.`),
      request,
      reply,
    );
  });
}

/** Answers with the failure that was thrown, in the words of the dialect that was spoken. */
export function refuse(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const failure = requestFailure(error);
  const dialect = dialectOf(request);
  const clientId = dialect.requestIdOf?.(request.headers);
  const named = clientId === undefined ? {} : { clientRequest: clientId };
  if (failure.status >= 500)
    request.log.error({ err: error, code: failure.code, ...named }, "a request failed");
  if (failure.status === 401) reply.header("www-authenticate", 'Bearer realm="latchkey"');
  if (failure.retryAfterMs !== undefined)
    reply.header("retry-after", String(Math.max(1, Math.ceil(failure.retryAfterMs / 1_000))));
  const { status, headers = {}, body } = dialect.refusal(failure, clientId ?? request.id);
  return reply
    .code(status)
    .headers(headers)
    .header("cache-control", "no-store")
    .type("application/json; charset=utf-8")
    .serializer((value: unknown) => JSON.stringify(value))
    .send(body);
}

/** The answer to bytes that are no HTTP, in the same shape; Node has no request and no reply for them. */
export function refuseConnection(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) return;
  const failure = failureOfParser(error.code);
  const status = statusOfParser(error.code) ?? failure.status;
  const body = JSON.stringify(errorBody(failure, randomUUID()));
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

function failureOfParser(code: string | undefined): Failure {
  if (code === "HPE_HEADER_OVERFLOW")
    return new Failure("request_too_large", "The request's headers are too large.");
  if (code === "ERR_HTTP_REQUEST_TIMEOUT")
    return new Failure("invalid_argument", "The request did not arrive in time.", { retryable: true });
  return new Failure("invalid_argument", "The request is not HTTP.");
}

const statusOfParser = (code: string | undefined) =>
  ({ HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 })[code ?? ""];

/** Which methods each path answers: Fastify knows it by route, the answer 405 needs it by path. */
function collectPaths(app: FastifyInstance): { methodsOf(url: string): string[] } {
  const known: { pattern: RegExp; methods: string[] }[] = [];
  app.addHook("onRoute", ({ url, method }) => {
    const pattern = url.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll(/:\w+|\*/g, "[^/]+");
    known.push({ pattern: new RegExp(`^${pattern}$`), methods: [method].flat() });
  });
  return {
    methodsOf(url) {
      const [path = ""] = url.split("?");
      const methods = known.filter(({ pattern }) => pattern.test(path)).flatMap((route) => route.methods);
      return [...new Set(methods)].toSorted();
    },
  };
}
