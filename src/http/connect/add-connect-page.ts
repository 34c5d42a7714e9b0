import cookie from "@fastify/cookie";
import formbody from "@fastify/formbody";
import multipart from "@fastify/multipart";
import rateLimit from "@fastify/rate-limit";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Failure } from "../../failure.ts";
import { eventAnswer } from "../event-answer.ts";
import { requestFailure } from "../to-failure.ts";
import { assets, embedScript } from "./assets.ts";
import type { ConnectPageDeps } from "./deps.ts";
import { isLocale } from "./locale.ts";
import { openVisit } from "./open-visit.ts";
import { refusePage } from "./refuse-page.ts";
import { renderVisit } from "./render-visit.ts";
import { pathOf } from "./visit-cookie.ts";
import { visitEvents } from "./visit-events.ts";
import { addVisitForms } from "./visit-forms.ts";
import { contextOf, visitOf } from "./visit-of.ts";

const minuteMs = 60_000;
/** Of one address: more than people and their office make, looking for progress every two seconds. */
const requestsPerMinute = 600;
/** A photograph, and a form around it. */
const mostPictureBytes = 8 * 1_024 ** 2;
const mostFormBytes = mostPictureBytes + 64 * 1_024;

/** The hosted page on which somebody connects an account of theirs: `/identity/create?token=…`, and what belongs to it. */
export async function addConnectPage(app: FastifyInstance, deps: ConnectPageDeps): Promise<void> {
  const stopping = new AbortController();
  app.addHook("preClose", async () => stopping.abort());
  app.addHook("onRoute", (route) => {
    route.schema = { hide: true };
    // A look at a link is not a visit.
    route.exposeHeadRoute = false;
  });
  await app.register(cookie);
  await app.register(formbody, { bodyLimit: 64 * 1_024 });
  await app.register(multipart, {
    attachFieldsToBody: "keyValues",
    throwFileSizeLimit: false,
    limits: { fileSize: mostPictureBytes, files: 1, fields: 60, fieldSize: 4 * 1_024, parts: 61 },
  });
  await app.register(rateLimit, {
    max: requestsPerMinute,
    timeWindow: minuteMs,
    keyGenerator: (request) => request.ip,
    errorResponseBuilder: (_request, { ttl }) =>
      new Failure("too_many_requests", "Too many requests came from this address.", { retryAfterMs: ttl }),
  });
  app.setErrorHandler((error, request, reply) => {
    const failure = requestFailure(isUnreadable(request) ? unreadable(error) : error);
    if (failure.status >= 500)
      request.log.error({ err: error, code: failure.code }, "the connect page failed");
    return refusePage(failure, contextOf(request), reply);
  });

  for (const [path, { contentType, body }] of assets)
    app.get(path, async (_request, reply) =>
      reply
        .type(contentType)
        .headers({ ...assetHeaders, "cache-control": forGood })
        .send(body),
    );
  app.get("/connect.js", async (_request, reply) =>
    reply
      .type(embedScript.contentType)
      .headers({
        ...assetHeaders,
        "cache-control": "public, max-age=3600",
        "cross-origin-resource-policy": "cross-origin",
      })
      .send(embedScript.body),
  );

  app.get("/identity/create", (request, reply) => openVisit(deps, request, reply));

  app.get("/connect/:visit", async (request, reply) => {
    const open = await visitOf(request, deps);
    if (open === undefined) return lost(request, reply);
    const { lang, choose } = request.query as { lang?: unknown; choose?: unknown };
    if (lang === undefined) return renderVisit(deps, open, reply, { isChoosing: choose !== undefined });
    if (isLocale(lang)) await deps.visits.change(open.visit.id, { locale: lang });
    return reply.redirect(pathOf(open.visit.id), 303);
  });

  app.get("/connect/:visit/events", async (request, reply) => {
    const open = await visitOf(request, deps);
    if (open === undefined) return reply.code(204).send();
    const { shown } = request.query as { shown?: unknown };
    const gone = new AbortController();
    reply.raw.once("close", () => gone.abort());
    const answer = eventAnswer(
      visitEvents({
        database: deps.database,
        visit: open.visit,
        shown: shown === "code" ? "code" : "progress",
        state: async () => (await deps.connect.stateOf(await open.again())).name,
        t: open.context.t,
        app: open.application.name,
        signal: AbortSignal.any([gone.signal, stopping.signal]),
      }),
    );
    return reply.code(answer.status).headers(answer.headers).send(answer.body);
  });

  addVisitForms(app, deps, { lost, mostFormBytes });

  function lost(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    return refusePage("lost", contextOf(request), reply);
  }
}

/** The parser of multipart forms throws errors that say nothing of whose fault it is. */
const isUnreadable = (request: FastifyRequest) => request.isMultipart() && !request.body;
const unreadable = (cause: unknown) =>
  cause instanceof Failure ? cause : new Failure("invalid_argument", "The form cannot be read.", { cause });

const forGood = "public, max-age=31536000, immutable";
const assetHeaders = { "x-content-type-options": "nosniff" };
