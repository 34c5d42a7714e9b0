import type { BrowserContextOptions } from "playwright-core";
import { bareScript } from "./latency.ts";
import { type Figure, percentile } from "./support/figures.ts";
import type { Ground } from "./support/ground.ts";

const concurrency = 4;
const perRound = 40;
const rounds = 3;

/** (b) Runs per minute at concurrency 4, four identities, against the bare script in four loops, in turns. */
export async function throughput(ground: Ground): Promise<Figure[]> {
  const identities = await Promise.all(
    Array.from({ length: concurrency }, (_, n) => ground.addIdentity(`throughput-${n}`)),
  );
  await Promise.all(identities.map(async (identity) => ground.ended(await ground.submit(identity))));
  const { identities: store } = await ground.parts.store();
  const states = await Promise.all(
    identities.map(async ({ id }) => {
      const saved = await store.loadState(id);
      return {
        cookies: saved?.state.cookies,
        origins: saved?.state.origins,
      } as BrowserContextOptions["storageState"];
    }),
  );

  const runs: number[] = [];
  const scripts: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    runs.push(
      await perMinute(async () => {
        const ids = [];
        for (let n = 0; n < perRound; n += 1)
          ids.push(await ground.submit(identities[n % concurrency] ?? fail()));
        await Promise.all(ids.map((id) => ground.ended(id)));
      }),
    );
    scripts.push(
      await perMinute(() =>
        Promise.all(
          states.map(async (state) => {
            for (let n = 0; n < perRound / concurrency; n += 1)
              await bareScript(ground.bare, `${ground.siteUrl}/statements`, state);
          }),
        ),
      ),
    );
  }
  return [
    {
      what: `runs per minute at concurrency ${concurrency}`,
      latchkey: percentile(runs).toFixed(0),
      bare: percentile(scripts).toFixed(0),
      ratio: percentile(runs.map((run, index) => run / (scripts[index] ?? Number.NaN))),
      note: `median of ${rounds} rounds of ${perRound}, in turns; submitting included; more is better`,
    },
  ];
}

async function perMinute(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return (perRound * 60_000) / (performance.now() - startedAt);
}

function fail(): never {
  throw new Error("no identity");
}
