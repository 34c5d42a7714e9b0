import { Failure } from "../../failure.ts";
import { createTimeLimit, type TimeLimit } from "../../time-limit.ts";

/**
 * One signal for everything that may end a run: its deadline, a cancel, the worker's shutdown, the loss of its
 * lease or its browser. The first cause wins; its Failure is the signal's reason and names the run's code.
 */
export interface RunSignal extends Disposable {
  readonly signal: AbortSignal;
  /** From now on this signal ends the run too. */
  follow(other: AbortSignal): void;
  /** The time there is; it stands still while a person looks at the run in a debugger. */
  readonly deadline: Pick<TimeLimit, "pause" | "leftMs">;
}

/** A signal that follows `outer` and ends the run after `deadlineMs` milliseconds. */
export function createRunSignal(outer: AbortSignal, deadlineMs: number): RunSignal {
  const controller = new AbortController();
  const unfollow = new AbortController();
  const end = (reason: unknown) => {
    if (!controller.signal.aborted) controller.abort(asFailure(reason));
  };
  const limit = createTimeLimit(deadlineMs);
  limit.signal.addEventListener(
    "abort",
    () =>
      end(new Failure("deadline_exceeded", `The run did not end within its deadline of ${deadlineMs} ms.`)),
    { once: true },
  );
  const follow = (other: AbortSignal) => {
    if (other.aborted) end(other.reason);
    else other.addEventListener("abort", () => end(other.reason), { once: true, signal: unfollow.signal });
  };
  follow(outer);
  return {
    signal: controller.signal,
    follow,
    deadline: limit,
    [Symbol.dispose]() {
      limit[Symbol.dispose]();
      unfollow.abort();
    },
  };
}

/** A signal aborted by plain `abort()` or with somebody else's reason means: cancelled. */
function asFailure(reason: unknown): Failure {
  return reason instanceof Failure
    ? reason
    : new Failure("cancelled", "The run was cancelled.", { cause: reason });
}
