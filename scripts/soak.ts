import { writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { createStyle } from "../src/cli/style.ts";
import { type Audit, audit } from "./soak/audit.ts";
import { type Fault, makeFaults } from "./soak/faults.ts";
import { openGround } from "./soak/ground.ts";
import { load } from "./soak/load.ts";
import { readSoakOptions, type SoakOptions, usage } from "./soak/options.ts";
import { createRandom } from "./soak/random.ts";
import { asText } from "./soak/report.ts";
import { settleReports } from "./soak/settle-reports.ts";

async function soak(options: SoakOptions, signal: AbortSignal): Promise<Audit> {
  await using ground = await openGround(options);
  if (options.keep) print(`The workers' logs are in ${ground.folder}`);
  if (ground.disk === undefined) print("No file system can be mounted here: the disk is not filled up.");
  const calm = new AbortController();
  // Two sequences, so that the load does not depend on how many faults there was time for.
  const faulting = makeFaults(
    ground,
    createRandom(options.seed * 2 + 1),
    AbortSignal.any([calm.signal, signal]),
  );
  const startedAt = Date.now();
  let told = 0;
  const tell = (ended: number, submitted: number) => {
    if (Date.now() - told < 10_000) return;
    told = Date.now();
    print(`${Math.round((told - startedAt) / 1_000)} s: ${ended} of ${submitted} runs submitted have ended`);
  };
  const loaded = await load(ground, options, createRandom(options.seed * 2), tell, signal);
  calm.abort();
  const faults: Fault[] = await faulting;
  if (loaded.submitted.some(({ kind }) => kind === "endless loop"))
    faults.push({ name: "endless loop", from: startedAt, to: Date.now() });
  await settleReports(ground);
  // A worker that was killed last may just have been started.
  await sleep(3_000);
  const stopped = await Promise.all(ground.workers.map((worker) => worker.stop()));
  return await audit(ground, loaded, faults, stopped);
}

const print = (line: string) => process.stdout.write(`${line}\n`);
const options = readSoakOptions(process.argv.slice(2));
if (options === undefined) {
  process.stderr.write(usage);
  process.exitCode = 2;
} else {
  const interrupted = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => interrupted.abort());
  const result = await soak(options, interrupted.signal);
  print(asText(result, createStyle(process.stdout)));
  if (options.json !== undefined)
    await writeFile(options.json, `${JSON.stringify({ options, ...result }, null, 2)}\n`);
  process.exitCode = result.breaches.length === 0 ? 0 : 1;
}
