import { Kysely, PostgresDialect, sql } from "kysely";
import pRetry from "p-retry";
import { Failure } from "../failure.ts";
import type { Logger } from "../log.ts";
import { Secret } from "../secret.ts";
import { createListener } from "./listen.ts";
import { migrate } from "./migrate.ts";
import { createPool, failingClearly } from "./pool.ts";
import type { Tables } from "./tables.ts";
import { addressOf, isPassing } from "./unavailable.ts";

export interface OpenDatabaseOptions {
  /** Postgres to use; an embedded one in the data folder unless given. */
  url?: Secret | undefined;
  dataDir: string;
  log: Logger;
  /** Connections for queries, beside the one that listens. */
  poolSize?: number;
}

/** Postgres, migrated and ready. What opens it closes it (`await using`). */
export interface Database extends AsyncDisposable {
  readonly kysely: Kysely<Tables>;
  /** The server in use; the queue connects to it too. */
  readonly url: Secret;
  /** Whether it is the embedded server of the data folder. */
  readonly embedded: boolean;
  /**
   * Calls `handler` with the payload of each NOTIFY on `channel` until disposed of. All channels share one
   * connection, which is made again when it breaks; `onResume` is called after that, because what was sent
   * meanwhile is lost. A channel is a fixed name of the code's: lower-case letters and underscores.
   */
  listen(
    channel: string,
    handler: (payload: string) => void,
    onResume?: () => void,
  ): Promise<AsyncDisposable>;
  /** Sends `payload`, at most 8,000 bytes, to all who listen to `channel`, in every process. */
  notify(channel: string, payload: string): Promise<void>;
  /** Idempotent; waits for queries in flight. */
  close(): Promise<void>;
}

/**
 * Opens the database and brings it to the newest schema; several processes may do so at once.
 * @throws Failure `database_unavailable` naming the server and what to do, never its password; `invalid_config`.
 */
export async function openDatabase(options: OpenDatabaseOptions): Promise<Database> {
  const { log } = options;
  await using opening = new AsyncDisposableStack();
  const embedded = options.url === undefined ? await joinEmbeddedPostgres(options) : undefined;
  if (embedded !== undefined) opening.defer(() => embedded.close());
  const url = options.url ?? embedded?.url ?? new Secret("");

  const connectionString = url.reveal();
  const address = addressOf(connectionString);
  const pool = createPool({ connectionString, size: options.poolSize ?? 10, log });
  opening.defer(() => pool.end());
  const kysely = new Kysely<Tables>({
    dialect: new PostgresDialect({ pool: failingClearly(pool, address) }),
  });
  const listener = createListener({ connectionString, address, log });
  opening.defer(() => listener.close());

  await pRetry(() => migrate(kysely, log), {
    retries: 4,
    minTimeout: 200,
    shouldRetry: ({ error }) => error instanceof Failure && isPassing(error.cause),
  });

  const resources = opening.move();
  let closing: Promise<void> | undefined;
  const close = () => (closing ??= resources.disposeAsync());
  return {
    kysely,
    url,
    embedded: embedded !== undefined,
    listen: (channel, handler, onResume) => listener.listen(channel, handler, onResume),
    async notify(channel, payload) {
      await sql`select pg_notify(${channel}, ${payload})`.execute(kysely);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Loaded only where it is used: Node 24 warns of node:sqlite, whose locks it takes. */
async function joinEmbeddedPostgres(options: OpenDatabaseOptions) {
  const { joinEmbedded } = await import("./embedded.ts");
  return await joinEmbedded(options);
}
