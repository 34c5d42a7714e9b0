import pRetry from "p-retry";
import { Failure } from "../../failure.ts";
import type { Logger } from "../../log.ts";
import { untilAborted } from "../../until-aborted.ts";

/**
 * Does what must not be lost because Postgres is being restarted just then: again and again, with growing pauses, until
 * Postgres has answered. The work may have been done when its answer was lost, so it must bear being done twice.
 * @throws what Postgres answered; the signal's reason
 */
export function untilRecorded<T>(
  work: () => Promise<T>,
  { signal, log }: { signal: AbortSignal; log: Logger },
): Promise<T> {
  // A server that vanished without a word leaves a statement hanging: that is not waited for either.
  return pRetry(() => untilAborted(signal, work), {
    retries: Number.POSITIVE_INFINITY,
    minTimeout: 100,
    maxTimeout: 2_000,
    randomize: true,
    signal,
    shouldRetry: ({ error }) => error instanceof Failure && error.code === "database_unavailable",
    onFailedAttempt: ({ error, attemptNumber }) => {
      if (attemptNumber === 1) log.warn({ err: error }, "the record could not be written; trying again");
    },
  });
}
