import { serveApi, serveMetrics } from "./http/serve.ts";
import { createConnectVisits } from "./identity/connect/connect-visits.ts";
import { sweepConnectVisits } from "./job/connect/sweep.ts";
import { createVisitStates } from "./job/connect/visit-state.ts";
import { endAbandoned } from "./job/queue/end-abandoned.ts";
import { reconcile } from "./job/queue/reconcile.ts";
import { startWorker } from "./job/queue/worker.ts";
import { startSchedules } from "./job/schedule/start-schedules.ts";
import { startDeliverer } from "./job/webhooks/deliverer.ts";
import { createSend } from "./job/webhooks/send.ts";
import { openMetrics, type ProcessMetrics } from "./metrics/open.ts";
import type { Parts } from "./parts.ts";

export type Role = "worker" | "server";

/** The running service. */
export interface Service {
  /** Where the server listens, or undefined without one. */
  readonly url: string | undefined;
  /** Stops what was started, in reverse; a second call with a shorter grace shortens the first one's. */
  stop(graceMs: number): Promise<void>;
}

/** Starts the roles this process plays; what they stand on is the parts' to close. */
export async function startService(parts: Parts, roles: ReadonlySet<Role>): Promise<Service> {
  const started: { stop: Service["stop"] }[] = [];
  const stop = async (graceMs: number) => {
    for (const role of started.toReversed()) await role.stop(graceMs);
  };
  try {
    await parts.tracing();
    const metrics = await startMetrics(parts);
    started.push(metrics);
    // Stopped last: what the worker ends while it stops is reported too.
    started.push(await startReports(parts));
    let url: string | undefined;
    if (roles.has("server")) {
      const server = await startServer(parts, metrics);
      started.push(server);
      url = server.url;
    }
    if (roles.has("worker")) {
      metrics.metrics.concurrency.set(parts.config.concurrency);
      started.push(await startRunWorker(parts));
      started.push(await startScheduleKeeper(parts));
    }

    const { database } = await parts.store();
    const { backend, queue } = await parts.queueing();
    const { config, log } = parts;
    const { metricsPort: port } = config;
    if (port !== undefined)
      started.push(await serveMetrics({ config, log, port, database, queue, scrape: metrics.scrape }));
    log.info({ roles: [...roles], queue: backend.kind, embedded: database.embedded, url }, "latchkey is up");
    return { url, stop };
  } catch (error) {
    await stop(0);
    throw error;
  }
}

async function startMetrics({ observers, config, ...parts }: Parts) {
  const { database } = await parts.store();
  const { queue } = await parts.queueing();
  return openMetrics({
    observers,
    db: database.kysely,
    queue,
    artifactsDir: config.artifactsDir ?? config.dataDir,
  });
}

async function startServer(parts: Parts, { scrape }: ProcessMetrics) {
  const { config, log, redactor, artifacts, browsers, processName } = parts;
  const { tell } = parts.observers;
  const store = await parts.store();
  const { queue } = await parts.queueing();
  const catalogue = await parts.catalogue();
  const own = { config, log, redactor, artifacts, browsers, processName };
  return serveApi({ ...own, ...store, queue, catalogue, scrape, tell });
}

/** In each process of the service, whatever its role: a worker may be all there is. */
async function startReports({ config, log, observers, ...parts }: Parts) {
  const { database, webhookSecrets } = await parts.store();
  const send = createSend({ allowed: config.webhookAllow });
  return await startDeliverer({ database, secrets: webhookSecrets, send, log, tell: observers.tell });
}

async function startRunWorker({ config, log, observers, ...parts }: Parts) {
  const { database, identities, connectTokens, halfMade, leases, codes, runs } = await parts.store();
  const visits = createConnectVisits({ db: database, tokens: connectTokens });
  const stateOf = createVisitStates({ database, identities, visits, runs, halfMade });
  const { backend, queue } = await parts.queueing();
  const catalogue = await parts.catalogue();
  const { openSession, identitiesAt, warmUp } = await parts.browsers();
  if (config.provider === "local") await warmUp();
  await reconcile({ db: database.kysely, runs, queue, log });
  await endAbandoned({ db: database.kysely, runs });
  return await startWorker({
    db: database.kysely,
    database,
    backend,
    queue,
    runs,
    worker: parts.processName,
    queueName: config.queueName,
    concurrency: config.concurrency,
    leaseTtlMs: config.leaseTtlMs,
    retryDelayMs: config.retryDelayMs,
    sweepVisits: () => sweepConnectVisits({ kysely: database.kysely, visits, halfMade, stateOf, log }),
    tell: observers.tell,
    run: {
      catalogue,
      identities,
      leases,
      openSession,
      providers: { identitiesAt, project: config.project },
      artifacts: parts.artifacts,
      log,
      codes,
      codeTimeoutMs: config.codeTimeoutMs,
      runDeadlineMs: config.runDeadlineMs,
      loginTimeoutMs: config.loginTimeoutMs,
      liveRuns: await parts.liveRuns(),
    },
  });
}

async function startScheduleKeeper({ config, log, ...parts }: Parts) {
  const { database, identities, runs, schedules } = await parts.store();
  const { backend, queue } = await parts.queueing();
  return await startSchedules({
    db: database.kysely,
    database,
    backend,
    queueName: config.queueName,
    catalogue: await parts.catalogue(),
    identities,
    runs,
    queue,
    schedules,
    log,
    attempts: config.attempts,
    webhookAllow: config.webhookAllow,
    missedAfterMs: 60_000,
  });
}
