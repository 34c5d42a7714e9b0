/**
 * Real logins with one-time codes at a site whose clock is up to 20 s off, differently for each login, and which takes
 * the code of the present time step alone: how many codes does it refuse? Run by hand; exits with 1 if any.
 *
 *   node bench/clock.ts [logins] [at a time]
 */
import { launchChromium } from "../test/support/chromium.ts";
import { startClockSite } from "../test/support/clock-site.ts";
import { ms, percentile } from "./support/figures.ts";

const [logins = 1_000, atATime = 6] = process.argv.slice(2).map(Number);
/** The site's clock is off by no more, either way. */
const mostOffsetMs = 20_000;

await using site = await startClockSite();
await using browser = await launchChromium();
const offsets = Array.from({ length: logins }, () => (Math.random() * 2 - 1) * mostOffsetMs);
const waiting = offsets.values();
const took: number[] = [];
const failed: string[] = [];
const startedAt = performance.now();
await Promise.all(
  Array.from({ length: atATime }, async () => {
    for (const offset of waiting) {
      const loginStartedAt = performance.now();
      const result = await site.signIn(browser, offset);
      took.push(performance.now() - loginStartedAt);
      if (result.status === "failed")
        failed.push(`${result.failure.code} at ${ms(offset)}: ${result.failure.message}`);
      if (took.length % 100 === 0) console.log(`${took.length} logins, ${site.codes.refused} codes refused`);
    }
  }),
);

const spread = [0, 0.25, 0.5, 0.75, 1].map((share) => `${(percentile(offsets, share) / 1_000).toFixed(1)} s`);
console.log(
  `${took.length} logins in ${((performance.now() - startedAt) / 60_000).toFixed(1)} minutes, ${atATime} at a time; each took ${ms(percentile(took))} (median), ${ms(percentile(took, 0.95))} (95th percentile)`,
);
console.log(`the site's clock was ahead by ${spread.join(" / ")} (least, quartiles, most)`);
console.log(
  `codes taken: ${site.codes.taken}; refused for time: ${site.codes.refused}; logins failed: ${failed.length}`,
);
for (const words of failed) console.log(`  ${words}`);
if (site.codes.refused > 0 || failed.length > 0) process.exitCode = 1;
