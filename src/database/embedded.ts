import { existsSync } from "node:fs";
import pRetry from "p-retry";
import { Failure, toFailure } from "../failure.ts";
import type { Logger } from "../log.ts";
import { Secret } from "../secret.ts";
import { findBinaries } from "./embedded-binaries.ts";
import { ensureCluster } from "./embedded-cluster.ts";
import { isServer } from "./embedded-holder.ts";
import { type Joined, type JoinOptions, joinOrStart } from "./embedded-join.ts";
import { embeddedPaths, makeEmbeddedFolder } from "./embedded-paths.ts";
import { readServerProcess, stopServer } from "./embedded-server.ts";
import { chooseServerUser } from "./embedded-user.ts";
import { fileLock, tryFileLock } from "./file-lock.ts";

/** Our share in the embedded Postgres of a data folder. */
export interface EmbeddedPostgres {
  readonly url: Secret;
  /** Leaves; the last to leave stops the server. Idempotent. */
  close(): Promise<void>;
}

/**
 * Joins the Postgres of `<dataDir>/postgres`, starting it, and making it, if need be.
 *
 * All Latchkey processes of a machine with one data folder share one server, which outlives each of them. Two locked
 * files hold that together: whoever joins or leaves passes the gate alone; whoever uses the server shares the users'
 * lock, so that the one who gets it exclusively knows that nobody else is there. The system frees both when their
 * holder dies, so a `kill -9` leaves at most a server that the next one finds and joins. A server that dies is
 * started again, on the same port, by whoever notices first.
 *
 * @throws Failure `database_unavailable` naming the folder, process or user in the way, and what to do.
 */
export async function joinEmbedded({
  dataDir,
  log,
  settings = {},
}: {
  dataDir: string;
  log: Logger;
  /** Settings of the server, if it is us who start it; for tests. */
  settings?: Readonly<Record<string, string>>;
}): Promise<EmbeddedPostgres> {
  const paths = embeddedPaths(dataDir);
  const user = await chooseServerUser(paths.data);
  const closing = new AbortController();
  let presence: Disposable | undefined;

  /** Joins or starts with the gate held, so that what is seen of other users stays true. */
  async function enter(): Promise<Joined> {
    using _gate = await openGate(paths.gate, closing.signal);
    presence?.[Symbol.dispose]();
    presence = undefined;
    const alone = tryFileLock(paths.users, "exclusive");
    const othersUseIt = alone === null;
    alone?.[Symbol.dispose]();
    presence = await fileLock(paths.users, "shared", closing.signal);
    const binaries = await findBinaries({ user, folder: paths.folder, log });
    await ensureCluster({ paths, binaries, user, log });
    const options: JoinOptions = { paths, binaries, user, settings, othersUseIt, log };
    const found = await joinOrStart(options);
    if (closing.signal.aborted) {
      // Closed meanwhile, which waits for nobody but at the gate: there is no one left to take it.
      await found.client.end().catch(() => {});
      throw closing.signal.reason;
    }
    return found;
  }

  let joined: Joined;
  try {
    await makeEmbeddedFolder(paths, user);
    joined = await enter();
  } catch (error) {
    presence?.[Symbol.dispose]();
    throw toFailure(
      error,
      "database_unavailable",
      `The embedded Postgres in ${paths.folder} cannot be used: check free space and the folder's owner; the log has the reason.`,
    );
  }
  const { url } = joined;
  let recovering: Promise<void> | undefined;
  watch();

  function watch(): void {
    joined.client.once("end", () => {
      if (!closing.signal.aborted) recovering = recover();
    });
  }

  async function recover(): Promise<void> {
    log.warn({}, "the embedded Postgres is gone; starting it again");
    try {
      joined = await pRetry(reenter, {
        retries: Number.POSITIVE_INFINITY,
        minTimeout: 200,
        maxTimeout: 10_000,
        signal: closing.signal,
        onFailedAttempt: ({ error: err }) => log.error({ err }, "the embedded Postgres does not come back"),
        shouldRetry: ({ error }) => !(error instanceof Failure) || error.retryable,
      });
    } catch {
      return;
    }
    if (joined.url !== url) {
      log.error({}, "the embedded Postgres came back on another port: restart this process");
    }
    watch();
  }

  /** Never makes an empty database in place of one that somebody removed under us. */
  async function reenter(): Promise<Joined> {
    if (existsSync(paths.data)) return await enter();
    throw new Failure(
      "database_unavailable",
      `The data of the embedded Postgres, ${paths.data}, was removed while it was in use: bring it back, or stop every Latchkey that used it and start anew.`,
      { retryable: false },
    );
  }

  async function close(): Promise<void> {
    closing.abort();
    await recovering;
    await joined.client.end().catch(() => {});
    try {
      await leave();
    } catch (err) {
      log.warn({ err }, "the embedded Postgres could not be left in good order");
    }
  }

  async function leave(): Promise<void> {
    using _gate = await openGate(paths.gate);
    presence?.[Symbol.dispose]();
    using alone = tryFileLock(paths.users, "exclusive");
    if (alone === null) return;
    const server = await readServerProcess(paths);
    if (server === null || !(await isServer(paths, server.pid))) return;
    await stopServer(paths, server);
    log.info({ pid: server.pid }, "embedded Postgres stopped");
  }

  let closed: Promise<void> | undefined;
  return { url: new Secret(url), close: () => (closed ??= close()) };
}

async function openGate(path: string, signal?: AbortSignal): Promise<Disposable> {
  try {
    return await fileLock(path, "exclusive", signal);
  } catch (cause) {
    if (signal?.aborted === true) throw cause;
    throw new Failure(
      "database_unavailable",
      `The data folder's lock ${path} cannot be opened by this user: run Latchkey as the folder's owner, or set LATCHKEY_DATA_DIR.`,
      { cause, retryable: false },
    );
  }
}
