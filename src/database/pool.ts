import type { PostgresPool, PostgresPoolClient } from "kysely";
import pRetry from "p-retry";
import pg from "pg";
import { Failure } from "../failure.ts";
import type { Logger } from "../log.ts";
import { type DatabaseAddress, isPassing, isUnavailable, unavailable } from "./unavailable.ts";

const connectTimeoutMs = 10_000;
/** How long a server that was there before may be away, as one is that is being restarted; in milliseconds. */
const restartMs = 5_000;

/** A pool whose broken connections are dropped and never end the process. */
export function createPool(options: { connectionString: string; size: number; log: Logger }): pg.Pool {
  const pool = new pg.Pool({
    connectionString: options.connectionString,
    max: options.size,
    application_name: "latchkey",
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    // A worker is busy in bursts; connecting anew costs a TCP and SCRAM handshake that a run would wait for.
    idleTimeoutMillis: 60_000,
  });
  pool.on("error", ({ message }) => {
    // The error itself carries the whole client along: its message is all that is fit for a log.
    if (!pool.ending) options.log.warn({ reason: message }, "an idle database connection broke");
  });
  // The pool listens to idle clients only: one that breaks between two statements of a transaction would
  // otherwise raise an uncaught "error" event.
  pool.on("connect", (client) => client.on("error", () => {}));
  return pool;
}

/**
 * The pool as Kysely uses it, with errors of the connection turned into `database_unavailable`. A server that was there
 * before and is away is waited for, for a short while: no statement has been sent yet, so nothing can happen twice. One
 * that never answered is reported at once.
 */
export function failingClearly(pool: pg.Pool, address: DatabaseAddress): PostgresPool {
  const wrapped = new WeakMap<pg.PoolClient, PostgresPoolClient>();
  let wasThere = false;

  const connect = async (): Promise<pg.PoolClient> => {
    try {
      const client = await pool.connect();
      wasThere = true;
      return client;
    } catch (error) {
      throw unavailable(address, error);
    }
  };

  const wrap = (client: pg.PoolClient): PostgresPoolClient => ({
    // Kysely's overloads also know cursors, which this database is opened without.
    query: (async (sql: string, parameters: unknown[]) => {
      try {
        return await client.query(sql, parameters);
      } catch (error) {
        throw isUnavailable(error) ? unavailable(address, error) : error;
      }
    }) as unknown as PostgresPoolClient["query"],
    release: (destroy) => client.release(destroy),
  });

  return {
    options: pool.options,
    async connect() {
      const client = await pRetry(connect, {
        retries: Number.POSITIVE_INFINITY,
        maxRetryTime: restartMs,
        minTimeout: 50,
        maxTimeout: 500,
        randomize: true,
        shouldRetry: ({ error }) =>
          wasThere && !pool.ending && error instanceof Failure && isPassing(error.cause),
      });
      let known = wrapped.get(client);
      if (known === undefined) {
        known = wrap(client);
        wrapped.set(client, known);
      }
      return known;
    },
    end: () => pool.end(),
  };
}
