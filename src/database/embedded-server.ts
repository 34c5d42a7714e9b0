import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { open, readFile, rename } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Failure } from "../failure.ts";
import { serverEnvironment } from "./embedded-cluster.ts";
import type { EmbeddedPaths } from "./embedded-paths.ts";
import { asUser, type ServerUser } from "./embedded-user.ts";

/** The running server's own account of itself: `postmaster.pid`. */
export interface ServerProcess {
  pid: number;
  port: number;
  ready: boolean;
}

/** Recovery after a crash may take this long before somebody should have a look. */
export const patienceMs = 60_000;

const settings: Readonly<Record<string, string>> = {
  // Loopback TCP rather than a socket file: a socket's path may have 107 bytes, which data folders exceed, and every
  // client takes such a URL as it is. The password keeps this machine's other users out.
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  max_connections: "200",
  shared_buffers: "32MB",
  fsync: "on",
  // Nobody replicates from it.
  wal_level: "minimal",
  max_wal_senders: "0",
  max_wal_size: "256MB",
  // Small statements only: no helper processes for reading ahead or in parallel.
  io_method: "sync",
  max_parallel_workers_per_gather: "0",
  jit: "off",
  timezone: "UTC",
  log_timezone: "UTC",
  log_min_messages: "warning",
  log_checkpoints: "off",
};

/** Reads `postmaster.pid` (PostgreSQL source, `miscadmin.h`: one value a line), or null when there is none. */
export async function readServerProcess(paths: EmbeddedPaths): Promise<ServerProcess | null> {
  const text = await readFile(join(paths.data, "postmaster.pid"), "utf8").catch(() => null);
  if (text === null) return null;
  const lines = text.split("\n").map((line) => line.trim());
  const pid = Number.parseInt(lines[0] ?? "", 10);
  const port = Number.parseInt(lines[3] ?? "", 10);
  return { pid, port: Number.isInteger(port) ? port : 0, ready: lines[7] === "ready" };
}

/**
 * Starts the server, in a process group of its own so that a Ctrl-C in the terminal reaches us and not it, and waits
 * until it is ready. Gives null when the port was taken meanwhile.
 * @throws Failure `database_unavailable` naming its log.
 */
export async function startServer(options: {
  paths: EmbeddedPaths;
  postgres: string;
  user: ServerUser | undefined;
  port: number;
  /** Over the settings above. */
  settings: Readonly<Record<string, string>>;
}): Promise<ServerProcess | null> {
  const { paths, port } = options;
  await rename(paths.log, `${paths.log}.old`).catch(() => {});
  await using log = await open(paths.log, "a", 0o600);
  const child = spawn(
    options.postgres,
    [
      "-D",
      paths.data,
      "-p",
      String(port),
      ...Object.entries({ ...settings, ...options.settings }).flatMap(([name, value]) => [
        "-c",
        `${name}=${value}`,
      ]),
    ],
    {
      ...asUser(options.user),
      detached: true,
      cwd: paths.data,
      env: serverEnvironment,
      stdio: ["ignore", log.fd, log.fd],
    },
  );
  child.unref();
  const exited = exitOf(child);
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const server = await readServerProcess(paths);
    if (server?.pid === child.pid && server?.ready) return server;
    const gone = await Promise.race([exited, delay(10, false)]);
    if (gone) {
      if (/could not bind|could not create any TCP\/IP sockets/.test(await readFile(paths.log, "utf8")))
        return null;
      throw didNotStart(paths, "stopped while starting");
    }
    if (performance.now() > deadline) {
      throw didNotStart(paths, `is still recovering after ${patienceMs / 1_000} s (pid ${child.pid})`);
    }
  }
}

function exitOf(child: ChildProcess): Promise<true> {
  const { promise, resolve } = Promise.withResolvers<true>();
  child.once("exit", () => resolve(true));
  child.once("error", () => resolve(true));
  return promise;
}

function didNotStart(paths: EmbeddedPaths, how: string): Failure {
  return new Failure("database_unavailable", `The embedded Postgres ${how}: its log is ${paths.log}.`);
}

/** Stops the server, rolling back what is unfinished, and waits until it is gone; at worst it recovers at the next start. */
export async function stopServer(paths: EmbeddedPaths, { pid }: ServerProcess): Promise<void> {
  for (const [signal, patience] of [
    ["SIGINT", 20_000],
    ["SIGQUIT", 5_000],
  ] as const) {
    if (!sendSignal(pid, signal)) return;
    const deadline = performance.now() + patience;
    while (performance.now() < deadline) {
      // Its file goes last. The pid itself may stay on as a zombie, where nobody reaps orphans.
      if ((await readServerProcess(paths))?.pid !== pid) return;
      await delay(10);
    }
  }
}

export function sendSignal(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    // Another user's process is there, too.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** A TCP port of 127.0.0.1 that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}
