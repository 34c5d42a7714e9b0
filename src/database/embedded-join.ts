import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { Failure } from "../failure.ts";
import type { Logger } from "../log.ts";
import type { Binaries } from "./embedded-binaries.ts";
import { serverRole } from "./embedded-cluster.ts";
import { findHolder, pidNamespace, readRecord, writeRecord } from "./embedded-holder.ts";
import type { EmbeddedPaths } from "./embedded-paths.ts";
import { freePort, patienceMs, readServerProcess, sendSignal, startServer } from "./embedded-server.ts";
import type { ServerUser } from "./embedded-user.ts";

export interface JoinOptions {
  paths: EmbeddedPaths;
  binaries: Binaries;
  user: ServerUser | undefined;
  settings: Readonly<Record<string, string>>;
  /** Whether anybody but us holds the users' lock. */
  othersUseIt: boolean;
  log: Logger;
}

/** A server that answers, and the connection that shows it. */
export interface Joined {
  url: string;
  client: pg.Client;
}

/**
 * Finds the server running, or starts it. Call with the gate held: nobody else starts or stops it meanwhile.
 * @throws Failure `database_unavailable` telling which process holds what, and what to do.
 */
export async function joinOrStart(options: JoinOptions): Promise<Joined> {
  const { paths } = options;
  const password = await readPassword(paths);
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const server = await readServerProcess(paths);
    if (server === null) return await start(options, password);

    const url = urlOf(server.port, password);
    const client = await connect(url);
    if (client !== null) return { url, client };

    const holder = await findHolder(paths, server, {
      record: await readRecord(paths),
      othersUseIt: options.othersUseIt,
    });
    if (holder === "nobody") {
      // Postgres itself clears up after a dead server, and makes sure that none of its children lives on. Only where
      // another process has the number now would it refuse to.
      if (sendSignal(server.pid, 0)) await rm(join(paths.data, "postmaster.pid"), { force: true });
      options.log.warn({ pid: server.pid }, "the embedded Postgres had died; it recovers");
      return await startAfterCrash(options, password);
    }
    if (holder === "elsewhere") {
      throw new Failure(
        "database_unavailable",
        `The data folder ${paths.folder} is in use in another container or process namespace, whose Postgres (pid ${server.pid} there) does not answer on 127.0.0.1:${server.port} here: let them share a network, give each its own LATCHKEY_DATA_DIR, or set DATABASE_URL for both.`,
        { retryable: false },
      );
    }
    if (performance.now() > deadline) {
      throw new Failure(
        "database_unavailable",
        `Postgres (pid ${server.pid}) holds ${paths.data} but lets nobody in on 127.0.0.1:${server.port} with the password in ${paths.password}: look at ${paths.log}, or stop it with \`kill -INT ${server.pid}\` and try again.`,
      );
    }
    await delay(50);
  }
}

async function start(options: JoinOptions, password: string): Promise<Joined> {
  const { paths, log } = options;
  const known = (await readRecord(paths))?.port;
  for (let port = known ?? (await freePort()); ; port = await freePort()) {
    await writeRecord(paths, { port, pidNamespace: await pidNamespace() });
    const server = await startServer({ ...options, postgres: options.binaries.postgres, port });
    if (server === null) {
      log.warn({ port }, "the embedded Postgres's port was taken; it gets another");
      continue;
    }
    log.info({ pid: server.pid, port }, "embedded Postgres started");
    const url = urlOf(port, password);
    const client = await connect(url);
    if (client !== null) return { url, client };
    throw new Failure(
      "database_unavailable",
      `The embedded Postgres started but refuses the password in ${paths.password}: was the file, or ${paths.data}, brought from elsewhere?`,
      { retryable: false },
    );
  }
}

/** The dead server's children let go of its shared memory a moment after it; until then no other starts. */
async function startAfterCrash(options: JoinOptions, password: string): Promise<Joined> {
  const deadline = performance.now() + 5_000;
  for (;;) {
    try {
      return await start(options, password);
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await delay(200);
    }
  }
}

async function connect(url: string): Promise<pg.Client | null> {
  const client = new pg.Client({
    connectionString: url,
    application_name: "latchkey presence",
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
  });
  client.on("error", () => {});
  try {
    await client.connect();
    return client;
  } catch {
    // Why does not matter: whoever holds the data is looked at next. (SCRAM proves both sides: a stranger on this
    // port does not know the password either.)
    await client.end().catch(() => {});
    return null;
  }
}

function urlOf(port: number, password: string): string {
  return `postgres://${serverRole}:${password}@127.0.0.1:${port}/postgres`;
}

async function readPassword(paths: EmbeddedPaths): Promise<string> {
  try {
    return (await readFile(paths.password, "utf8")).trim();
  } catch (cause) {
    throw new Failure(
      "database_unavailable",
      `The password of the embedded Postgres, ${paths.password}, cannot be read by this user, or is gone: run Latchkey as the user who made it, bring the file back, or set LATCHKEY_DATA_DIR.`,
      { cause, retryable: false },
    );
  }
}
