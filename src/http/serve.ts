import { sql } from "kysely";
import type { Browsers } from "../browser/open-browsers.ts";
import type { Config } from "../config.ts";
import type { Database } from "../database/open.ts";
import type { HalfMadeIdentities } from "../identity/connect/half-made.ts";
import type { Leases } from "../identity/leases/leases.ts";
import type { Keyring } from "../identity/sealing/keyring.ts";
import { createLiveCalls } from "../job/live/live-call.ts";
import type { RunQueue } from "../job/queue/queue.ts";
import { createSubmitter } from "../job/submitter.ts";
import type { Logger } from "../log.ts";
import type { ProcessMetrics } from "../metrics/open.ts";
import type { Tell } from "../observe.ts";
import { openSessionService } from "../session/open.ts";
import { createSessionTokens } from "../session/tokens.ts";
import { openKeyCheck } from "./api-keys/key-check.ts";
import type { ApiKeys } from "./api-keys/key-store.ts";
import { createApp } from "./app.ts";
import { createArtifactLinks } from "./artifacts/links.ts";
import { openConnectPage } from "./connect/open.ts";
import type { HttpDeps } from "./deps.ts";
import { createFingerprints } from "./fingerprint.ts";
import type { ReadinessCheck } from "./health.ts";
import { createPasswordHashes } from "./kratos/identities/password-hashes.ts";
import { listen } from "./listen.ts";

export interface ServeOptions
  extends Omit<
    HttpDeps,
    | "connectPage"
    | "fingerprints"
    | "keyCheck"
    | "submitter"
    | "links"
    | "sessions"
    | "profiles"
    | "sessionTokens"
    | "liveCalls"
    | "passwordHashes"
  > {
  config: Config;
  leases: Leases;
  /** Asked for with the first debug session only. */
  browsers: () => Promise<Browsers>;
  processName: string;
  log: Logger;
  apiKeys: ApiKeys;
  keyring: Keyring;
  halfMade: HalfMadeIdentities;
  scrape: ProcessMetrics["scrape"];
  tell: Tell;
}

/** What the routes work with. Closing it ends what it listens to. */
export async function openHttpDeps({
  apiKeys: keys,
  keyring,
  halfMade,
  log,
  ...parts
}: Omit<ServeOptions, "scrape" | "tell">): Promise<HttpDeps & AsyncDisposable> {
  const { config, database } = parts;
  const keyCheck = await openKeyCheck({ keys, database, log });
  const sessions = await openSessionService({ ...parts, keyring, log });
  const sessionTokens = createSessionTokens({ keyring });
  const submitter = createSubmitter({ db: database.kysely, webhookAllow: config.webhookAllow, ...parts });
  return {
    ...parts,
    submitter,
    connectPage: openConnectPage({ ...parts, ...sessions, sessionTokens, submitter, halfMade, log }),
    links: createArtifactLinks({ keyring, lifeMs: config.artifactLinkMs }),
    keyCheck,
    fingerprints: createFingerprints({ keyring }),
    sessionTokens,
    liveCalls: createLiveCalls({ keyring }),
    passwordHashes: createPasswordHashes({ keyring }),
    ...sessions,
    [Symbol.asyncDispose]: async () => {
      await sessions.sessions[Symbol.asyncDispose]();
      await keyCheck[Symbol.asyncDispose]();
    },
  };
}

/** Serves the API at the address of the settings. @throws Failure `invalid_config` */
export async function serveApi(options: ServeOptions): Promise<{ url: string; stop(): Promise<void> }> {
  const { config, database, queue, log, scrape, tell } = options;
  await using opening = new AsyncDisposableStack();
  const api = opening.use(await openHttpDeps(options));
  const app = createApp({
    log,
    readiness: readinessOf({ database, queue }),
    metrics: { scrape, token: config.metricsToken },
    tell,
    traced: config.otlpEndpoint !== undefined,
    trustProxy: config.trustProxy,
    api,
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
