import { sql } from "kysely";
import type { Config } from "../config.ts";
import type { Database } from "../database/open.ts";
import type { RunQueue } from "../job/queue/queue.ts";
import type { Logger } from "../log.ts";
import type { ProcessMetrics } from "../metrics/open.ts";
import type { Tell } from "../observe.ts";
import { openKeyCheck } from "./api-keys/key-check.ts";
import type { ApiKeys } from "./api-keys/key-store.ts";
import { createApp } from "./app.ts";
import type { HttpDeps } from "./deps.ts";
import type { ReadinessCheck } from "./health.ts";
import { listen } from "./listen.ts";

export interface ServeOptions extends Omit<HttpDeps, "keyCheck"> {
  config: Config;
  log: Logger;
  apiKeys: ApiKeys;
  scrape: ProcessMetrics["scrape"];
  tell: Tell;
}

/** Serves the API at the address of the settings. @throws Failure `invalid_config` */
export async function serveApi({
  apiKeys: keys,
  log,
  scrape,
  tell,
  ...parts
}: ServeOptions): Promise<{ url: string; stop(): Promise<void> }> {
  const { config, database, queue } = parts;
  await using opening = new AsyncDisposableStack();
  const keyCheck = opening.use(await openKeyCheck({ keys, database, log }));
  const app = createApp({
    log,
    readiness: readinessOf({ database, queue }),
    metrics: { scrape, token: config.metricsToken },
    tell,
    trustProxy: config.trustProxy,
    api: { ...parts, keyCheck },
  });
  opening.defer(() => app.close());
  const url = await listen(app, config);
  const opened = opening.move();
  return { url, stop: () => opened.disposeAsync() };
}

export interface ServeMetricsOptions {
  config: Pick<Config, "host" | "metricsToken">;
  port: number;
  log: Logger;
  database: Database;
  queue: RunQueue;
  scrape: ProcessMetrics["scrape"];
}

/** Serves metrics and health alone, for processes that serve nothing else. @throws Failure `invalid_config` */
export async function serveMetrics({
  config,
  port,
  log,
  scrape,
  ...parts
}: ServeMetricsOptions): Promise<{ url: string; stop(): Promise<void> }> {
  const app = createApp({
    log,
    readiness: readinessOf(parts),
    metrics: { scrape, token: config.metricsToken },
  });
  const url = await listen(app, { host: config.host, port }, "LATCHKEY_METRICS_PORT");
  log.info({ url }, "metrics are served");
  return { url, stop: () => app.close() };
}

function readinessOf({
  database,
  queue,
}: {
  database: Database;
  queue: RunQueue;
}): Record<string, ReadinessCheck> {
  return {
    database: { check: () => sql`select 1`.execute(database.kysely), code: "database_unavailable" },
    queue: { check: () => queue.counts(), code: "queue_unavailable" },
  };
}
