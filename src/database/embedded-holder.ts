import { execFile } from "node:child_process";
import { readFile, readlink, rename, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import type { EmbeddedPaths } from "./embedded-paths.ts";
import { type ServerProcess, sendSignal } from "./embedded-server.ts";

const run = promisify(execFile);

/** Written before each start: where the server is to be found, and in whose process ids `postmaster.pid` counts. */
export interface ServerRecord {
  /** Kept from start to start, so that whoever was connected finds it again. */
  port: number;
  pidNamespace: string;
}

/**
 * What stands behind a `postmaster.pid` whose server does not answer.
 * - `here`: that process is the server, on its way up or down, or stuck
 * - `elsewhere`: it counts in another container's process ids, and somebody there uses the data folder
 * - `nobody`: its server is dead; the number may have gone to another process since
 */
export type Holder = "here" | "elsewhere" | "nobody";

export async function findHolder(
  paths: EmbeddedPaths,
  { pid }: ServerProcess,
  { record, othersUseIt }: { record: ServerRecord | null; othersUseIt: boolean },
): Promise<Holder> {
  if (record !== null && record.pidNamespace !== (await pidNamespace()) && othersUseIt) return "elsewhere";
  return (await isServer(paths, pid)) ? "here" : "nobody";
}

/** Whether a process of this machine is a server on our data. */
export async function isServer(paths: EmbeddedPaths, pid: number): Promise<boolean> {
  if (!sendSignal(pid, 0)) return false;
  return (await commandLine(pid)).includes(paths.data);
}

async function commandLine(pid: number): Promise<string> {
  try {
    return await readFile(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    const listed = await run("ps", ["-o", "command=", "-p", String(pid)]).catch(() => undefined);
    return listed?.stdout ?? "";
  }
}

/** Linux's name for the set of process ids we count in; the same everywhere on other systems. */
export async function pidNamespace(): Promise<string> {
  return await readlink("/proc/self/ns/pid").catch(() => "");
}

export async function readRecord(paths: EmbeddedPaths): Promise<ServerRecord | null> {
  try {
    return JSON.parse(await readFile(paths.record, "utf8")) as ServerRecord;
  } catch {
    return null;
  }
}

export async function writeRecord(paths: EmbeddedPaths, record: ServerRecord): Promise<void> {
  await writeFile(`${paths.record}.draft`, JSON.stringify(record), { mode: 0o600 });
  await rename(`${paths.record}.draft`, paths.record);
}
