/** One thing a server has to do. */
export interface Check<Ground> {
  /** What it does, as a sentence without its subject. */
  name: string;
  /** Whether it can be looked at with what was given; it can unless this says otherwise. */
  isPossible?(ground: Ground): boolean;
  /** Throws where it does not. */
  run(ground: Ground): Promise<void>;
}

export interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

/** Does the checks one after another; a line for each, by `print`. */
export async function runChecks<Ground>(
  checks: readonly Check<Ground>[],
  ground: Ground,
  print: (line: string) => void,
): Promise<Tally> {
  const tally = { passed: 0, failed: 0, skipped: 0 };
  for (const { name, run, isPossible = () => true } of checks) {
    if (!isPossible(ground)) {
      tally.skipped += 1;
      print(`skipped ${name}`);
      continue;
    }
    const startedAt = performance.now();
    try {
      await run(ground);
      tally.passed += 1;
      print(`ok      ${name} (${Math.round(performance.now() - startedAt)} ms)`);
    } catch (error) {
      tally.failed += 1;
      print(`FAILED  ${name}\n        ${String(error).replaceAll("\n", "\n        ")}`);
    }
  }
  return tally;
}

export const summary = ({ passed, failed, skipped }: Tally): string =>
  `${passed} passed, ${failed} failed${skipped === 0 ? "" : `, ${skipped} skipped`}`;
