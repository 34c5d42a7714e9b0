import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { pauseWithDebugger } from "../../../src/job/run/debugger-pauses.ts";
import { createTimeLimit } from "../../../src/time-limit.ts";
import { launchChromium } from "../../support/chromium.ts";

const limitMs = 1_000;

test("a run's clock stands still while a debugger holds its page, and goes on after", async () => {
  await using browser = await launchChromium();
  const context = await browser.newContext();
  const page = await context.newPage();
  const held = new Promise<void>((resolve) => {
    context.debugger.on("pausedstatechanged", () => {
      if (context.debugger.pausedDetails() !== null) resolve();
    });
  });
  await context.debugger.requestPause();
  using limit = createTimeLimit(limitMs);
  using _paused = pauseWithDebugger(context, limit);
  const going = page.goto("about:blank");
  await held;
  await held;
  await sleep(limitMs * 2);
  expect(limit.signal.aborted).toBe(false);
  await context.debugger.resume();
  await going;
  if (!limit.signal.aborted) await once(limit.signal, "abort");
});
