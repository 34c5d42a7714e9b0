import { readlinkSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";

/** A process as /proc shows it. Everything here answers "unknown" (undefined, empty) on systems without /proc. */
export interface ProcessStat {
  pid: number;
  parent: number;
  group: number;
  state: string;
  /** Clock ticks since boot: with the pid it names a process for good. */
  startTime: string;
}

const pageSize = 4_096;

export async function readProcess(pid: number): Promise<ProcessStat | undefined> {
  try {
    return parseStat(await readFile(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return undefined;
  }
}

/** The living processes of a group; a zombie no longer counts. */
export async function processesOfGroup(group: number): Promise<ProcessStat[]> {
  const names = await readdir("/proc").catch(() => []);
  const stats = await Promise.all(
    names.filter((name) => /^\d+$/.test(name)).map((name) => readProcess(+name)),
  );
  return stats
    .filter((stat) => stat !== undefined)
    .filter((stat) => stat.group === group && stat.state !== "Z");
}

/**
 * Memory a process group takes, in MiB. Pages shared between its processes — the executable, mostly — count once,
 * so it is less than the sum that `ps` suggests; undefined where it cannot be told.
 */
export async function memoryOfGroupMb(group: number): Promise<number | undefined> {
  const processes = await processesOfGroup(group);
  if (processes.length === 0) return undefined;
  let own = 0;
  let shared = 0;
  await Promise.all(
    processes.map(async ({ pid }) => {
      const [, residentPages = 0, sharedPages = 0] = await readFile(`/proc/${pid}/statm`, "utf8")
        .then((text) => text.split(" ").map(Number))
        .catch(() => []);
      own += residentPages - sharedPages;
      shared = Math.max(shared, sharedPages);
    }),
  );
  return ((own + shared) * pageSize) / 2 ** 20;
}

/** Ends a process group at once. Quiet when it is gone already. */
export function killGroup(group: number): void {
  try {
    process.kill(-group, "SIGKILL");
  } catch {
    // ESRCH: nothing left to end.
  }
}

/** Names the space in which this machine's pids mean something; containers have their own. */
export function pidNamespace(): string {
  try {
    return /\d+/.exec(readlinkSync("/proc/self/ns/pid"))?.[0] ?? "0";
  } catch {
    return "0";
  }
}

/** Whether a pid is taken, where /proc cannot tell by whom. */
export function pidExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** proc(5): the command may hold spaces and parentheses, so fields are counted from the last `)`. */
function parseStat(text: string): ProcessStat {
  const pid = Number.parseInt(text, 10);
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return {
    pid,
    state: fields[0] ?? "?",
    parent: Number(fields[1]),
    group: Number(fields[2]),
    startTime: fields[19] ?? "",
  };
}
