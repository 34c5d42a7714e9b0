import { setTimeout as sleep } from "node:timers/promises";

/** Some applications refuse any code for so long after one they took, in milliseconds; also the length of a time step. */
const betweenCodesMs = 31_000;

/**
 * Keeps logins that do not know of each other from giving the application one code twice. Latchkey sees to that for
 * the logins of one identity; `latchkey login` stores nothing, and another identity is another user to it.
 */
export function createFreshCodes(signal: AbortSignal) {
  let last: { by: string; at: number } | undefined;
  return {
    /** To be awaited before a login that will give a code. */
    async ready(by: string): Promise<void> {
      if (last === undefined || last.by === by) return;
      const left = last.at + betweenCodesMs - Date.now();
      if (left > 0) await sleep(left, undefined, { signal });
    },
    /** A code was taken. */
    used(by: string): void {
      last = { by, at: Date.now() };
    },
  };
}
