const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/** Pauses after the first, second, … failed attempt, in milliseconds: ten attempts in about a day. */
export const backOff: readonly number[] = [
  5 * second,
  30 * second,
  2 * minute,
  10 * minute,
  30 * minute,
  hour,
  3 * hour,
  6 * hour,
  12 * hour,
];

/** No receiver may put a report off for longer, in milliseconds. */
const longestRetryAfterMs = 24 * hour;

/**
 * How long to wait before the next attempt, in milliseconds: as the receiver asks, but no shorter than the pause that
 * is due. Up to a tenth more, so that reports that failed together do not come back together.
 * @param failed attempts that have failed, this one included
 * @returns undefined when there is none to come
 */
export function nextPause(
  failed: number,
  { retryAfterMs = 0, pauses = backOff }: { retryAfterMs?: number | undefined; pauses?: readonly number[] },
): number | undefined {
  const pause = pauses[failed - 1];
  if (pause === undefined) return undefined;
  return Math.round(Math.max(pause * (1 + Math.random() / 10), Math.min(retryAfterMs, longestRetryAfterMs)));
}
