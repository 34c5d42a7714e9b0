import { expect, test } from "vitest";
import { launchChromium } from "../support/chromium.ts";
import { startClockSite } from "../support/clock-site.ts";

const logins = 16;

test("no code is refused for time by sites whose clocks are up to 20 s off and which take the present step alone", async () => {
  await using site = await startClockSite();
  await using browser = await launchChromium();
  const offsets = Array.from({ length: logins }, (_, at) => Math.round((at / (logins - 1) - 0.5) * 40_000));
  const waiting = offsets.values();
  const signInAll = async () => {
    for (const offset of waiting)
      expect(await site.signIn(browser, offset)).toMatchObject({ status: "signed_in", submits: { code: 1 } });
  };
  // Many at a time: some wait for the next step.
  await Promise.all(Array.from({ length: 4 }, signInAll));
  expect(site.codes).toEqual({ taken: logins, refused: 0 });
}, 120_000);
