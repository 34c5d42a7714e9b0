import { parseArgs } from "node:util";

export const usage = `Usage: npm run soak -- [--runs 1000] [--identities 20] [--workers 3] [--minutes 30] [--seed 1] [--backend redis|postgres] [--json FILE]

Runs many runs on real worker processes, a real Chromium, Postgres and Redis and a practice site, all on this machine,
while workers are killed, servers restarted, browsers ended and the site misbehaves, by a timetable that --seed names.
Then looks at what was left and what was lost.
  --minutes N   no more runs are submitted after that
  --json FILE   every figure
  --keep        leave the folder with the workers' logs
The exit code is 1 if anything was lost, doubled, untrue or left behind.
`;

export interface SoakOptions {
  runs: number;
  identities: number;
  workers: number;
  minutes: number;
  seed: number;
  backend: "redis" | "postgres";
  json: string | undefined;
  keep: boolean;
}

/** Undefined where they cannot be used. */
export function readSoakOptions(args: string[]): SoakOptions | undefined {
  try {
    const { values } = parseArgs({
      args,
      options: {
        runs: { type: "string", default: "1000" },
        identities: { type: "string", default: "20" },
        workers: { type: "string", default: "3" },
        minutes: { type: "string", default: "30" },
        seed: { type: "string", default: "1" },
        backend: { type: "string", default: "redis" },
        json: { type: "string" },
        keep: { type: "boolean", default: false },
      },
    });
    const [runs = 0, identities = 0, workers = 0, seed = 0] = [
      values.runs,
      values.identities,
      values.workers,
      values.seed,
    ].map(Number);
    const minutes = Number(values.minutes);
    const { backend, json, keep } = values;
    if (![runs, identities, workers].every((count) => Number.isInteger(count) && count > 0)) return undefined;
    if (!Number.isInteger(seed) || !(minutes > 0)) return undefined;
    if (backend !== "redis" && backend !== "postgres") return undefined;
    return { runs, identities, workers, minutes, seed, backend, json, keep };
  } catch {
    return undefined;
  }
}
