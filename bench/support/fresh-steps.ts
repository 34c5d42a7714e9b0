import type { TimeSteps } from "../../src/login/one-time-code.ts";
import { pause } from "../../src/login/pause.ts";

const periodMs = 30_000;
/** Old enough for a code to be typed at once, young enough for any login to end in it. */
const begin = { fromMs: 2_500, toMs: 15_000 };
/** Some applications take no second code for a whole period after the last one. */
const betweenCodesMs = periodMs + 1_000;

/** Time steps, with a way to wait for one that nobody used: done before a login is measured, it is not measured. */
export function freshSteps(): TimeSteps & {
  readonly periodMs: number;
  begun(signal: AbortSignal): Promise<void>;
} {
  let last: number | null = null;
  let claimedAt = 0;
  return {
    periodMs,
    last: async () => last,
    async claim(step) {
      if (last !== null && step <= last) return false;
      last = step;
      claimedAt = Date.now();
      return true;
    },
    async begun(signal) {
      for (;;) {
        const now = Date.now();
        const age = now % periodMs;
        const used = last !== null && Math.floor(now / periodMs) <= last;
        if (age > begin.toMs || used) await pause(periodMs - age + begin.fromMs, signal);
        else if (age < begin.fromMs) await pause(begin.fromMs - age, signal);
        else if (now < claimedAt + betweenCodesMs) await pause(claimedAt + betweenCodesMs - now, signal);
        else return;
      }
    },
  };
}
