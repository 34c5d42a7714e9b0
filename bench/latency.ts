import { setTimeout as sleep } from "node:timers/promises";
import type { Browser, BrowserContextOptions } from "playwright-core";
import { withSite } from "../src/identity/site-of.ts";
import { type Figure, ms, percentile } from "./support/figures.ts";
import { type Ground } from "./support/ground.ts";

const rounds = 30;
/** Long enough for a session to be made ahead, so that nothing runs beside what is measured; in milliseconds. */
const betweenMs = 500;

/**
 * (a) One run on a warm worker with a saved state, from pick-up to outcome, against the bare Playwright script that
 * does the same in a fresh context with `storageState`. In turns, so that both meet the same machine.
 */
export async function latency(ground: Ground, how: string): Promise<Figure[]> {
  const identity = await ground.addIdentity("latency");
  await ground.ended(await ground.submit(identity));
  const saved = await (await ground.parts.store()).identities.loadState(identity.id);
  if (saved === null) throw new Error("The first run saved no state.");
  const storageState = {
    cookies: saved.state.cookies,
    origins: saved.state.origins,
  } as BrowserContextOptions["storageState"];

  const runs: number[] = [];
  const scripts: number[] = [];
  for (let round = -3; round < rounds; round += 1) {
    const runId = await ground.submit(identity);
    await ground.ended(runId);
    const { started, outcome } = await ground.times(runId);
    // The next session is being made ahead now; the script must not pay for that.
    await sleep(betweenMs);
    const script = await timed(() => bareScript(ground.bare, withSite(identity).sourceUrl, storageState));
    // The first rounds warm both up.
    if (round < 0) continue;
    runs.push(outcome - started);
    scripts.push(script);
  }
  const ratio = percentile(runs.map((run, index) => run / (scripts[index] ?? Number.NaN)));
  return [
    {
      what: `a run on a warm worker with a saved state, ${how}: pick-up to outcome (median)`,
      latchkey: ms(percentile(runs)),
      bare: ms(percentile(scripts)),
      ratio,
      note: `median of ${rounds} pairs; the run also checks that it is signed in, saves the state and records the outcome`,
    },
  ];
}

/** What a person would write: a fresh context with the state, the page, what is wanted of it. */
export async function bareScript(
  browser: Browser,
  url: string,
  storageState: BrowserContextOptions["storageState"],
): Promise<number> {
  const context = await browser.newContext(storageState === undefined ? {} : { storageState });
  const page = await context.newPage();
  await page.goto(url);
  const rows = await page.locator("tbody tr").count();
  await context.close();
  if (rows === 0) throw new Error("The bare script was not signed in.");
  return rows;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}
