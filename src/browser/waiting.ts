import { setTimeout as delay } from "node:timers/promises";

/**
 * Waits for work that cannot be cancelled, but no longer than the signal allows. Work that ends after that is
 * handed to `tooLate`, so that what it opened is closed.
 */
export async function untilAborted<T>(
  signal: AbortSignal,
  work: Promise<T>,
  tooLate?: (value: T | undefined) => unknown,
): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  let left = false;
  const onAbort = () => {
    left = true;
    reject(signal.reason);
  };
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });

  const watched = work.then(
    (value) => {
      if (left) void tooLate?.(value);
      return value;
    },
    (error: unknown) => {
      if (left) void tooLate?.(undefined);
      throw error;
    },
  );
  watched.catch(() => undefined);
  try {
    return await Promise.race([aborted, watched]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** Waits for work at most so long; true when it ended in time, whether well or badly. */
export async function within(limitMs: number, work: Promise<unknown>): Promise<boolean> {
  const timer = new AbortController();
  const inTime = work.then(
    () => true,
    () => true,
  );
  const late = delay(limitMs, false, { signal: timer.signal }).catch(() => false);
  const result = await Promise.race([inTime, late]);
  timer.abort();
  return result;
}

/** The work's value, or undefined when it fails or takes longer than so long. */
export async function attempt<T>(limitMs: number, work: () => Promise<T>): Promise<T | undefined> {
  const timer = new AbortController();
  const late = delay(limitMs, undefined, { signal: timer.signal }).catch(() => undefined);
  try {
    return await Promise.race([work().catch(() => undefined), late]);
  } finally {
    timer.abort();
  }
}
