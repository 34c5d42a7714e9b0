import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { Failure, type FailureCode, failures } from "../failure.ts";
import { unstorable } from "../job/storable.ts";
import { type Caller } from "./api-keys/key-check.ts";
import { includesScope, type Scope } from "./api-keys/scopes.ts";
import type { Access, Call, Route } from "./define-route.ts";
import type { HttpDeps } from "./deps.ts";
import { latchkeyDialect } from "./dialect.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Who makes the request, once the key was checked. */
    caller: Caller | undefined;
  }
}

export interface RouteContext {
  deps: HttpDeps;
  authenticate(request: FastifyRequest): Promise<Caller>;
  /** Aborted when the server stops. */
  stopping: AbortSignal;
}

/** Puts a route on the server: key, limits, checks and description are added here, the same for all. */
export function addRoute(app: FastifyInstance, route: Route, context: RouteContext): void {
  const { method, url, access, dialect = latchkeyDialect } = route;
  app.route({
    method,
    url,
    config: { dialect },
    schema: describe(route),
    ...(route.mostBodyBytes === undefined ? {} : { bodyLimit: route.mostBodyBytes }),
    onRequest: async (request) => {
      if (access === "read or link" && isLink(request)) return;
      request.caller = await context.authenticate(request);
      const needed = access === "read or link" ? "read" : access;
      assertScope(request.caller.scope, needed);
    },
    preValidation: async ({ url: asked, params, query, body }) => {
      assertDecodable(asked);
      assertStorable(params, "path");
      assertStorable(query, "query");
      if (route.body !== undefined) assertStorable(body, "body");
    },
    handler: async (request, reply) => {
      const { status, headers = {}, body } = await route.handler(callOf({ request, reply }, context));
      // A connection kept alive after its last answer would hold up a server that stops.
      if (context.stopping.aborted) reply.header("connection", "close");
      return reply.code(status).headers(headers).send(body);
    },
  });
}

/** The parser of queries takes what it cannot decode for the text itself; the router does refuse such a path. */
function assertDecodable(url: string): void {
  if (!url.includes("%")) return;
  try {
    decodeURIComponent(url);
  } catch (cause) {
    throw new Failure("invalid_argument", "The query is not percent-encoded UTF-8.", { cause });
  }
}

/** Refuses what no schema looks for and no database keeps. */
function assertStorable(value: unknown, place: string): void {
  const fault = unstorable(value, place);
  if (fault !== undefined)
    throw new Failure("invalid_argument", `The request is not valid: ${fault.path}: ${fault.message}.`, {
      details: [fault],
    });
}

const isLink = ({ query }: FastifyRequest) =>
  typeof query === "object" && query !== null && "signature" in query;

function assertScope(held: Scope, needed: Scope): void {
  if (!includesScope(held, needed))
    throw new Failure("forbidden", `This needs a key of scope ${needed}; this one's is ${held}.`);
}

function callOf(
  { request, reply }: { request: FastifyRequest; reply: FastifyReply },
  { deps, stopping }: RouteContext,
): Call<unknown, unknown, unknown, unknown, Access> {
  return {
    deps,
    params: request.params,
    query: request.query,
    headers: request.headers,
    body: request.body,
    caller: request.caller,
    get signal() {
      const gone = new AbortController();
      reply.raw.once("close", () => gone.abort());
      if (reply.raw.destroyed) gone.abort();
      return AbortSignal.any([gone.signal, stopping]);
    },
    request,
  };
}

/** The route for Fastify's checks and for the API's description. */
function describe(route: Route): Record<string, unknown> {
  const { tag, summary, description, params, query, headers, body, responses } = route;
  const { isLax, errorSchema } = route.dialect ?? latchkeyDialect;
  return {
    tags: [tag],
    summary,
    description: [description, failuresText(route.failures)]
      .filter((text) => text !== undefined)
      .join("\n\n"),
    security: security(route.access),
    ...(params === undefined ? {} : { params }),
    // Refused, if it may be, not passed over: a misspelt filter would list everything.
    querystring: query ?? (isLax ? z.looseObject({}) : z.strictObject({})),
    ...(headers === undefined ? {} : { headers }),
    ...(body === undefined ? {} : { body }),
    response: {
      ...Object.fromEntries(
        Object.entries(responses).map(([status, response]) => [
          status,
          response instanceof z.ZodType
            ? response
            : {
                description: response.description,
                content: { [response.contentType]: { schema: z.string() } },
              },
        ]),
      ),
      "4xx": errorSchema,
      "5xx": errorSchema,
    },
  };
}

function security(access: Access): Record<string, string[]>[] {
  const keys = [{ bearer: [] }, { "anchor-api-key": [] }];
  return access === "read or link" ? [...keys, {}] : keys;
}

function failuresText(codes: readonly FailureCode[] = []): string | undefined {
  if (codes.length === 0) return undefined;
  return `Refused with: ${codes.map((code) => `\`${code}\` (${failures[code].status})`).join(", ")}.`;
}
