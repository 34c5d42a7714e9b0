import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { joinEmbedded } from "../../src/database/embedded.ts";
import { findBinaries } from "../../src/database/embedded-binaries.ts";
import { serverRole } from "../../src/database/embedded-cluster.ts";
import { embeddedPaths } from "../../src/database/embedded-paths.ts";
import { freePort, type ServerProcess, startServer, stopServer } from "../../src/database/embedded-server.ts";
import { chooseServerUser } from "../../src/database/embedded-user.ts";

/** A real Postgres of the test's own, to be stopped and started again under those who use it. */
export interface RestartablePostgres extends AsyncDisposable {
  readonly url: string;
  /** Ends it at once, as a crash does: what was under way is lost, what was committed is not. */
  crash(): Promise<void>;
  /** Ends it as a restart for maintenance does. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

export async function startRestartablePostgres(): Promise<RestartablePostgres> {
  const log = pino({ level: "silent" });
  const dataDir = await mkdtemp(join(tmpdir(), "latchkey-test-postgres-"));
  if (process.getuid?.() === 0) await chmod(dataDir, 0o711);
  // Makes the data folder.
  await (await joinEmbedded({ dataDir, log })).close();

  const paths = embeddedPaths(dataDir);
  const user = await chooseServerUser(paths.data);
  const { postgres } = await findBinaries({ user, folder: paths.folder, log });
  const port = await freePort();
  const password = encodeURIComponent((await readFile(paths.password, "utf8")).trim());
  let server: ServerProcess | null = null;

  const start = async () => {
    server = await startServer({ paths, postgres, user, port, settings: { fsync: "off" } });
    if (server === null) throw new Error(`Port ${port} was taken meanwhile.`);
  };
  const stop = async () => {
    if (server !== null) await stopServer(paths, server);
    server = null;
  };
  await start();
  return {
    url: `postgres://${serverRole}:${password}@127.0.0.1:${port}/postgres`,
    start,
    stop,
    async crash() {
      if (server !== null) process.kill(server.pid, "SIGQUIT");
      await stop();
    },
    async [Symbol.asyncDispose]() {
      await stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
