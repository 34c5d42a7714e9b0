import { constants, createContext, Script } from "node:vm";

/**
 * A way to run a function for no longer than so many milliseconds of a clock on the wall. It is stopped in the middle
 * of whatever it does, a regular expression that goes through all its possibilities included: nothing else in the
 * process could run before it ended.
 */
export function interruptible(mostMs: number): <Result>(work: () => Result) => Result {
  const script = new Script("work()");
  const context = createContext(constants.DONT_CONTEXTIFY);
  return <Result>(work: () => Result): Result => {
    let result: { value: Result } | undefined;
    context["work"] = (): void => {
      result = { value: work() };
    };
    try {
      script.runInContext(context, { timeout: mostMs });
    } finally {
      delete context["work"];
    }
    if (result === undefined) {
      throw new Error("the work did not run");
    }
    return result.value;
  };
}

/** Whether an error says that a function was stopped. It is of another realm: no `Error` of ours. */
export function isTimeout(error: unknown): boolean {
  return (
    typeof error === "object" &&
    error !== null &&
    "code" in error &&
    error.code === "ERR_SCRIPT_EXECUTION_TIMEOUT"
  );
}
