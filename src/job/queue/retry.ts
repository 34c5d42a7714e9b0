import { UnrecoverableError } from "bullmq";
import type { FailedOutcome } from "../../outcome.ts";

/** Longest pause between two attempts, in milliseconds, whatever the site asks for. */
const longestDelayMs = 60 * 60_000;

/** Tells the queue that an attempt failed, in our own words; where the next one makes sense, it retries. */
class AttemptFailed extends Error {
  override readonly name = "AttemptFailed";
  readonly retryAfterMs: number;

  constructor(outcome: FailedOutcome, retryAfterMs: number) {
    super(queueReason(outcome));
    this.retryAfterMs = retryAfterMs;
    withoutStack(this);
  }
}

/** How long to wait before attempt `next`: what the site named, else doubling with jitter; in milliseconds. */
export function retryDelay(outcome: FailedOutcome, next: number, baseMs: number): number {
  if (outcome.retryAfterMs !== undefined) return Math.min(outcome.retryAfterMs, longestDelayMs);
  const doubled = Math.min(baseMs * 2 ** (next - 2), longestDelayMs);
  // Half fixed, half random: runs that failed together do not come back together.
  return Math.round(doubled / 2 + (Math.random() * doubled) / 2);
}

/** The error that makes BullMQ try the job again after `delayMs`. */
export function retryError(outcome: FailedOutcome, delayMs: number): Error {
  return new AttemptFailed(outcome, delayMs);
}

/** The error that makes BullMQ give the job up. */
export function finalError(outcome: FailedOutcome): Error {
  return withoutStack(new UnrecoverableError(queueReason(outcome)));
}

/** BullMQ's `backoffStrategy` for jobs with the back-off `latchkey`. */
export function backoffStrategy(_attemptsMade: number, _type?: string, error?: Error): number {
  return error instanceof AttemptFailed ? error.retryAfterMs : 0;
}

/** `failedReason` in the queue: `<code>: <our message>`. */
function queueReason({ code, message }: FailedOutcome): string {
  return `${code}: ${message}`;
}

/** BullMQ stores stacks; ours say nothing to a producer, and a cause's may quote a page. */
function withoutStack<E extends Error>(error: E): E {
  error.stack = `${error.name}: ${error.message}`;
  return error;
}
