import { randomUUID } from "node:crypto";
import multipart from "@fastify/multipart";
import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from "fastify";
import { validatorCompiler } from "fastify-type-provider-zod";
import type { Logger } from "../log.ts";
import type { Tell } from "../observe.ts";
import { addRoute, type RouteContext } from "./add-route.ts";
import { authenticate } from "./api-keys/authenticate.ts";
import { limitRequests } from "./api-keys/limits.ts";
import { addConnectPage } from "./connect/add-connect-page.ts";
import type { HttpDeps } from "./deps.ts";
import { routedUrl } from "./dialects.ts";
import { addHealthRoutes, type ReadinessCheck } from "./health.ts";
import { type LiveView, openLiveView } from "./live/open-live-view.ts";
import { addMetricsRoute, type MetricsOptions } from "./metrics/add-metrics-route.ts";
import { watchRequests } from "./metrics/watch-requests.ts";
import { describeApi } from "./open-api.ts";
import { readJson } from "./read-json.ts";
import { refuse, refuseConnection, refuseInOneShape } from "./refuse.ts";
import { routes } from "./routes.ts";
import { sessionClients } from "./sessions/accept-clients.ts";
import { traceRequests } from "./trace-requests.ts";
import { acceptUpgrades, type UpgradeRoute, wantsUpgrade } from "./upgrades.ts";

export interface AppOptions {
  log: Logger;
  /** By the name of the part. */
  readiness: Readonly<Record<string, ReadinessCheck>>;
  /** How long a part may take to answer, in milliseconds: less than load balancers wait. */
  readinessTimeoutMs?: number;
  /** Proxies whose word on the client's address is believed. */
  trustProxy?: string[] | undefined;
  /** For Prometheus; without it there is no `/metrics`. */
  metrics?: MetricsOptions | undefined;
  /** Told of each request. */
  tell?: Tell;
  /** Whether requests are traced. */
  traced?: boolean;
  /** What the API's routes work with; without it there is only health. */
  api?: HttpDeps;
}

const mostBodyBytes = 1024 ** 2;

/** The HTTP server, not yet listening: health, and with `api` the routes of `routes.ts` and their description. */
export function createApp({
  log,
  readiness,
  readinessTimeoutMs = 2_000,
  trustProxy = [],
  metrics,
  tell,
  traced = false,
  api,
}: AppOptions): FastifyInstance {
  const live = api === undefined ? undefined : openLiveView(api, log);
  const upgrades = api === undefined ? [] : upgradeRoutes(api, log, live);
  const app = fastify({
    loggerInstance: log as FastifyBaseLogger,
    // A balancer asks every few seconds.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    bodyLimit: mostBodyBytes,
    trustProxy,
    // Ends keep-alive connections that stand idle; streams end by the signal.
    forceCloseConnections: "idle",
    rewriteUrl: ({ url = "/" }) => routedUrl(url),
    frameworkErrors: (error, request, reply) => void refuse(error, request, reply),
    clientErrorHandler: refuseConnection,
    // Names of files may be long, and percent-encoded.
    routerOptions: { maxParamLength: 1_000 },
    // Node would answer without a body; `refuseInOneShape` asks for the header itself.
    http: { requireHostHeader: false, shouldUpgradeCallback: wantsUpgrade(upgrades) },
  });
  app.setValidatorCompiler(validatorCompiler);
  // What handlers return is typed; tests compare it with the schemas, so that no answer pays for it.
  app.setSerializerCompiler(() => (body) => JSON.stringify(body));
  refuseInOneShape(app);
  readJson(app);
  if (tell !== undefined) watchRequests(app, tell);
  if (metrics !== undefined) addMetricsRoute(app, metrics);
  addHealthRoutes(app, { log, readiness, timeoutMs: readinessTimeoutMs });
  if (api !== undefined) {
    acceptUpgrades(app, upgrades);
    live?.addTo(app);
    // The server waits for open connections before it is closed, and for these nobody else cares.
    app.addHook("preClose", () => api.sessions[Symbol.asyncDispose]());
    app.register(async (scope) => {
      if (traced) traceRequests(scope);
      await addApi(scope, api);
    });
    app.register((scope) => addConnectPage(scope, api.connectPage));
  }
  return app;
}

/** Where clients may come in by WebSocket. */
function upgradeRoutes(
  { sessions, sessionTokens: tokens, keyCheck, config: { credentialsRoute } }: HttpDeps,
  log: Logger,
  live: LiveView | undefined,
): UpgradeRoute[] {
  const clients = sessionClients({ sessions, tokens, keyCheck, credentialsRoute, log });
  return [...(live?.upgrades ?? []), clients];
}

async function addApi(app: FastifyInstance, deps: HttpDeps): Promise<void> {
  const stopping = new AbortController();
  app.addHook("preClose", async () => stopping.abort());
  app.decorateRequest("caller", undefined);
  await describeApi(app);
  const { failedAttempts } = await limitRequests(app, deps.config);
  const context: RouteContext = {
    deps,
    authenticate: (request) => authenticate(request, { keyCheck: deps.keyCheck, failedAttempts }),
    stopping: stopping.signal,
  };
  for (const route of routes) {
    const { mostFileBytes } = route;
    if (mostFileBytes === undefined) addRoute(app, route, context);
    // In a scope of its own: no other route reads files.
    else
      await app.register(async (scope) => {
        await scope.register(multipart, { limits: { fileSize: mostFileBytes, files: 1, fields: 10 } });
        addRoute(scope, route, context);
      });
  }
}
