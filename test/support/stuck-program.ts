/** A program for a test to see ended: says so once its watchdog watches, and then does as it is told. */
import { pino } from "pino";
import { watchEventLoop } from "../../src/watchdog.ts";

using _watchdog = watchEventLoop({ limitMs: 1_000, log: pino({ level: "silent" }) });
await new Promise((resolve) => setTimeout(resolve, 500));
process.stdout.write("watched\n");

function standStill(ms: number): void {
  for (const until = performance.now() + ms; performance.now() < until; );
}

if (process.argv[2] === "for ever") standStill(60_000);
for (let n = 0; n < 6; n++) {
  standStill(400);
  await new Promise((resolve) => setTimeout(resolve, 50));
}
process.stdout.write("done\n");
