import { createInterface } from "node:readline";
import { toFailure } from "../../src/failure.ts";
import { createReloader } from "../../src/job/catalogue/reload.ts";

/**
 * Loads the folder it is given once for each line: a JSON list of the files changed since. A number instead loads it so
 * many times, all changed, and tells by how many KiB the heap has grown.
 */
const [folder = ""] = process.argv.slice(2);
using reloader = createReloader(folder);

async function load(): Promise<Record<string, string>> {
  try {
    const { flows } = await reloader.load();
    return Object.fromEntries([...flows].map(([name, { description }]) => [name, description]));
  } catch (error) {
    return { fault: toFailure(error).message };
  }
}

async function growth(times: number): Promise<number> {
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  for (let n = 0; n < times; n++) {
    reloader.changed([`${reloader.folder}/acme/a.ts`, `${reloader.folder}/acme/b.ts`]);
    await load();
  }
  globalThis.gc?.();
  return Math.round((process.memoryUsage().heapUsed - before) / 1_024);
}

for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line) as number | string[];
  if (Array.isArray(asked)) {
    reloader.changed(asked);
    console.log(JSON.stringify(await load()));
  } else console.log(await growth(asked));
}
