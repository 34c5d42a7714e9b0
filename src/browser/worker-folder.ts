import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Logger } from "../log.ts";
import { killGroup, pidExists, pidNamespace, readProcess } from "./processes.ts";

/**
 * One folder per Chromium, named by the process that owns it. A worker that is killed cannot clean up, so the next
 * one to start removes the folders whose owner is gone: the name says who that was.
 */
const prefix = "latchkey-chromium-";
const groupFile = "process-group";

/** Makes `<tmp>/latchkey-chromium-<pid namespace>-<pid>-<start time>-<random>`, readable by its owner only. */
export async function createChromiumFolder(parent = tmpdir()): Promise<string> {
  const startTime = (await readProcess(process.pid))?.startTime ?? "0";
  return mkdtemp(join(parent, `${prefix}${pidNamespace()}-${process.pid}-${startTime}-`));
}

/** Notes which process group uses the folder, so that a sweep can end what outlived its worker. */
export async function noteProcessGroup(folder: string, group: number): Promise<void> {
  const startTime = (await readProcess(group))?.startTime ?? "";
  await writeFile(join(folder, groupFile), `${group} ${startTime}`);
}

/** Removes the folder. Chromium's last writes may race with it, hence the retries. */
export async function removeChromiumFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}

/** Removes what dead workers of this user left behind, Chromium included. Returns the folders removed. */
export async function sweepChromiumFolders({
  log,
  parent = tmpdir(),
}: {
  log: Logger;
  parent?: string;
}): Promise<string[]> {
  const names = await readdir(parent).catch(() => []);
  const removed: string[] = [];
  for (const name of names) {
    const folder = join(parent, name);
    try {
      if (!(await isAbandoned(folder, name))) continue;
      await endNotedGroup(folder);
      await removeChromiumFolder(folder);
      removed.push(folder);
    } catch (error) {
      log.debug({ folder, err: error }, "abandoned browser folder not removed");
    }
  }
  if (removed.length > 0) log.info({ folders: removed.length }, "removed browser folders of dead workers");
  return removed;
}

async function isAbandoned(folder: string, name: string): Promise<boolean> {
  if (!name.startsWith(prefix)) return false;
  const [namespace, pid = "", startTime] = name.slice(prefix.length).split("-");
  // Another container's pids mean nothing here: its folders are its own business.
  if (namespace !== pidNamespace() || !/^\d+$/.test(pid)) return false;
  if ((await stat(folder)).uid !== process.getuid?.()) return false;
  const owner = await readProcess(Number(pid));
  if (owner !== undefined) return owner.startTime !== startTime || owner.state === "Z";
  return !pidExists(Number(pid));
}

async function endNotedGroup(folder: string): Promise<void> {
  const note = await readFile(join(folder, groupFile), "utf8").catch(() => "");
  const [group = "", startTime] = note.split(" ");
  const leader = await readProcess(Number(group));
  if (leader !== undefined && leader.startTime === startTime) killGroup(leader.pid);
}
