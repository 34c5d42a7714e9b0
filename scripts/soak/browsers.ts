import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { killGroup, processesOfGroup } from "../../src/browser/processes.ts";

/** Process groups of the Chromiums whose folders are in `folder`; of one worker, or of all. */
export async function chromiumGroups(folder: string, worker?: number): Promise<number[]> {
  const names = await readdir(folder).catch(() => []);
  const groups: number[] = [];
  for (const name of names) {
    const [, pid] = /^latchkey-chromium-\d+-(\d+)-/.exec(name) ?? [];
    if (pid === undefined || (worker !== undefined && Number(pid) !== worker)) continue;
    const note = await readFile(join(folder, name, "process-group"), "utf8").catch(() => "");
    const group = Number(note.split(" ")[0]);
    if (group > 0) groups.push(group);
  }
  return groups;
}

export async function killChromium(folder: string, worker: number): Promise<boolean> {
  const groups = await chromiumGroups(folder, worker);
  for (const group of groups) killGroup(group);
  return groups.length > 0;
}

/** Ends the process of one page, as the kernel does when memory runs out. */
export async function killRenderer(folder: string, worker: number): Promise<boolean> {
  for (const group of await chromiumGroups(folder, worker)) {
    for (const { pid } of await processesOfGroup(group)) {
      const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
      if (!command.includes("--type=renderer")) continue;
      process.kill(pid, "SIGKILL");
      return true;
    }
  }
  return false;
}
