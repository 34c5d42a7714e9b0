import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { join } from "node:path";
import { type Artifacts, createArtifacts } from "./artifacts.ts";
import type { Browsers } from "./browser/open-browsers.ts";
import type { Config } from "./config.ts";
import { type Database, openDatabase } from "./database/open.ts";
import { type ApiKeys, createApiKeys } from "./http/api-keys/key-store.ts";
import { type Applications, createApplications } from "./identity/applications/applications.ts";
import { type AuthFlows, createAuthFlows } from "./identity/applications/auth-flows.ts";
import { type ConnectTokens, createConnectTokens } from "./identity/connect/connect-tokens.ts";
import { createHalfMadeIdentities, type HalfMadeIdentities } from "./identity/connect/half-made.ts";
import { type CodeInbox, createCodeInbox } from "./identity/credentials/code-inbox.ts";
import { createIdentities, type Identities } from "./identity/identities.ts";
import { createLeases, type Leases } from "./identity/leases/leases.ts";
import { createRendezvous, type Rendezvous } from "./identity/rendezvous.ts";
import { type Keyring, openKeyring } from "./identity/sealing/keyring.ts";
import { type BatchStore, createBatchStore } from "./job/batch/batches.ts";
import { type Catalogue, loadCatalogue } from "./job/catalogue/catalogue.ts";
import { createLiveRuns, type LiveRuns } from "./job/live/live-runs.ts";
import type { RunQueue } from "./job/queue/queue.ts";
import type { QueueBackend } from "./job/queue/queue-backend.ts";
import { createRunStore, type RunStore } from "./job/record/runs.ts";
import { createSchedules, type Schedules } from "./job/schedule/schedules.ts";
import { createWebhookSecrets, type WebhookSecrets } from "./job/webhooks/secrets.ts";
import type { Logger } from "./log.ts";
import { createObservers, type Observers } from "./observe.ts";
import type { Redactor } from "./redact.ts";
import type { Tracing } from "./tracing/start.ts";

/** What lives in Postgres. */
export interface Store {
  database: Database;
  keyring: Keyring;
  identities: Identities;
  applications: Applications;
  authFlows: AuthFlows;
  rendezvous: Rendezvous;
  leases: Leases;
  codes: CodeInbox;
  connectTokens: ConnectTokens;
  halfMade: HalfMadeIdentities;
  runs: RunStore;
  liveRuns: LiveRuns;
  batches: BatchStore;
  apiKeys: ApiKeys;
  webhookSecrets: WebhookSecrets;
  schedules: Schedules;
}

export interface Queueing {
  backend: QueueBackend;
  queue: RunQueue;
}

/** The parts of one process, each built from the settings when it is first asked for, all closed in reverse. */
export interface Parts extends AsyncDisposable {
  readonly config: Config;
  readonly log: Logger;
  readonly redactor: Redactor;
  /** Who counts and traces what happens in this process. */
  readonly observers: Observers;
  /** Names this process in rows, leases and the audit. */
  readonly processName: string;
  readonly artifacts: Artifacts;
  catalogue(): Promise<Catalogue>;
  /** Postgres alone, without the key that what is sealed in it needs. */
  database(): Promise<Database>;
  store(): Promise<Store>;
  browsers(): Promise<Browsers>;
  queueing(): Promise<Queueing>;
  /** Undefined where nothing is to be traced. */
  tracing(): Promise<Tracing | undefined>;
}

/** Everything is built here, and nowhere else. */
export function openParts({
  config,
  log,
  redactor,
  observers = createObservers(),
}: {
  config: Config;
  log: Logger;
  redactor: Redactor;
  observers?: Observers;
}): Parts {
  const opened = new AsyncDisposableStack();
  const processName = `${hostname()}-${process.pid}-${randomUUID().slice(0, 4)}`;

  const catalogue = once(() => loadCatalogue(config.flowsDir));

  const openedDatabase = once(async () =>
    opened.use(await openDatabase({ url: config.databaseUrl, dataDir: config.dataDir, log })),
  );

  // Loaded where traces are wanted only. The first that is opened, and so the last that is closed: it tells of the rest.
  const tracing = once(async () => {
    const { otlpEndpoint: endpoint } = config;
    if (endpoint === undefined) return undefined;
    const { startTracing } = await import("./tracing/start.ts");
    return opened.use(startTracing({ config, endpoint, processName, observers }));
  });

  let hasStore = false;
  const store = once(async (): Promise<Store> => {
    hasStore = true;
    const database = await openedDatabase();
    const keyring = await openKeyring({ ...config, embedded: database.embedded });
    const identities = createIdentities({ db: database, keyring, redactor, log });
    const applications = createApplications({ db: database });
    const leases = opened.use(
      createLeases({ db: database, holder: processName, ttlMs: config.leaseTtlMs, log }),
    );
    return {
      database,
      keyring,
      identities,
      applications,
      authFlows: createAuthFlows({ db: database }),
      rendezvous: createRendezvous({ db: database, keyring }),
      leases,
      codes: createCodeInbox({ db: database, keyring }),
      connectTokens: createConnectTokens({ db: database, keyring }),
      halfMade: createHalfMadeIdentities({ db: database, keyring, log }),
      runs: createRunStore(database.kysely, observers.tell),
      liveRuns: opened.use(createLiveRuns({ database, keyring, log })),
      batches: createBatchStore(database.kysely),
      apiKeys: createApiKeys({ db: database }),
      webhookSecrets: createWebhookSecrets({ db: database.kysely, keyring }),
      schedules: createSchedules(database),
    };
  });

  // What asks for no database, as `latchkey login`, is not given one for this.
  const leases = () => (hasStore ? store().then((parts) => parts.leases) : undefined);

  // Loaded where they are used only: Playwright takes as long to load as everything else together, and most commands
  // need no browser.
  const browsers = once(async () => {
    const { openBrowsers } = await import("./browser/open-browsers.ts");
    return opened.use(openBrowsers({ config, log, tell: observers.tell, redactor, leases }));
  });

  const queueing = once(async (): Promise<Queueing> => {
    const [{ openQueueBackend }, { openRunQueue }, database] = await Promise.all([
      import("./job/queue/queue-backend.ts"),
      import("./job/queue/queue.ts"),
      openedDatabase(),
    ]);
    const telemetry = (await tracing())?.queue;
    const backend = await openQueueBackend({
      redisUrl: config.redisUrl,
      databaseUrl: database.url,
      log,
      telemetry,
    });
    opened.defer(() => backend.close());
    const queue = openRunQueue(backend, config.queueName, log);
    opened.defer(() => queue.close());
    return { backend, queue };
  });

  return {
    config,
    log,
    redactor,
    observers,
    processName,
    artifacts: createArtifacts({ dir: config.artifactsDir ?? join(config.dataDir, "artifacts") }),
    catalogue,
    database: openedDatabase,
    store,
    browsers,
    queueing,
    tracing,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
