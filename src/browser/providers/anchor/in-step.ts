import { setTimeout as sleep } from "node:timers/promises";
import pRetry from "p-retry";
import { Failure } from "../../../failure.ts";

/** A longer wait is not waited for with a run's browser and leases in hand: the queue waits better. In milliseconds. */
const longestWaitMs = 10_000;

/**
 * Tries a short step again while that may help, waiting as long as the server asks. For what may be done twice. Once
 * `signal` is aborted nothing is tried again; what an attempt in flight came to is still told.
 * @throws the last Failure
 */
export function inStep<T>(
  work: (attempt: number) => Promise<T>,
  { retries, signal }: { retries: number; signal?: AbortSignal },
): Promise<T> {
  return pRetry(work, {
    retries,
    minTimeout: 250,
    maxTimeout: 4_000,
    randomize: true,
    async onFailedAttempt({ error, retriesLeft, retryDelay }) {
      if (retriesLeft === 0 || !isWorthWaiting(error)) return;
      const moreMs = (error.retryAfterMs ?? 0) - retryDelay;
      if (moreMs > 0) await sleep(moreMs, undefined, signal === undefined ? {} : { signal }).catch(() => {});
    },
    shouldRetry: ({ error }) => signal?.aborted !== true && isWorthWaiting(error),
  });
}

function isWorthWaiting(error: unknown): error is Failure {
  return error instanceof Failure && error.retryable && (error.retryAfterMs ?? 0) <= longestWaitMs;
}
