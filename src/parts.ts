import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { join } from "node:path";
import { type Artifacts, createArtifacts } from "./artifacts.ts";
import type { Browsers } from "./browser/open-browsers.ts";
import type { Config } from "./config.ts";
import type { Database } from "./database/open.ts";
import type { Catalogue } from "./job/catalogue/catalogue.ts";
import type { LiveRuns } from "./job/live/live-runs.ts";
import type { RunQueue } from "./job/queue/queue.ts";
import type { QueueBackend } from "./job/queue/queue-backend.ts";
import type { Logger } from "./log.ts";
import { createObservers, type Observers } from "./observe.ts";
import type { Redactor } from "./redact.ts";
import type { Store } from "./store.ts";
import type { Tracing } from "./tracing/start.ts";

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
  liveRuns(): Promise<LiveRuns>;
  queueing(): Promise<Queueing>;
  /** Undefined where nothing is to be traced. */
  tracing(): Promise<Tracing | undefined>;
}

/** Everything is built here and, of what lives in Postgres, in store.ts; nowhere else. What builds it is loaded with it. */
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

  const catalogue = once(async () => {
    const { loadCatalogue } = await import("./job/catalogue/catalogue.ts");
    return await loadCatalogue(config.flowsDir);
  });

  const openedDatabase = once(async () => {
    const { openDatabase } = await import("./database/open.ts");
    return opened.use(await openDatabase({ url: config.databaseUrl, dataDir: config.dataDir, log }));
  });

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
    const [{ createStore }, database] = await Promise.all([import("./store.ts"), openedDatabase()]);
    const made = await createStore({ config, database, redactor, log, processName, tell: observers.tell });
    opened.use(made.leases);
    return made;
  });

  // What asks for no database, as `latchkey login`, is not given one for this.
  const leases = () => (hasStore ? store().then((parts) => parts.leases) : undefined);

  // Loaded where they are used only: Playwright takes as long to load as everything else together, and most commands
  // need no browser.
  const browsers = once(async () => {
    const { openBrowsers } = await import("./browser/open-browsers.ts");
    return opened.use(openBrowsers({ config, log, tell: observers.tell, redactor, leases }));
  });

  const liveRuns = once(async () => {
    const [{ createLiveRuns }, { database, keyring }] = await Promise.all([
      import("./job/live/live-runs.ts"),
      store(),
    ]);
    return opened.use(createLiveRuns({ database, keyring, log }));
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
    liveRuns,
    queueing,
    tracing,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
