import { errors } from "playwright-core";
import { Failure } from "../../failure.ts";

/**
 * What a flow's error means for the run. The flow's own words may quote a page, so they stay out of the message
 * and go, scrubbed, into the evidence.
 */
export function flowFailure(
  error: unknown,
  { step, restartable }: { step: string | undefined; restartable: boolean },
): Failure {
  if (error instanceof Failure) return error;
  const where = step === undefined ? "" : ` in the step "${step}"`;
  if (error instanceof errors.TimeoutError) {
    return new Failure("flow_timed_out", `The flow waited too long${where}.`, {
      cause: error,
      retryable: restartable,
    });
  }
  return new Failure("flow_failed", `The flow threw ${kindOf(error)}${where}.`, { cause: error });
}

/** The flow's error in its own words, for the evidence. */
export function flowErrorText(error: unknown): string {
  if (!(error instanceof Error)) return `threw ${kindOf(error)}`;
  // Playwright's call log repeats what it typed and where; the first paragraph says what went wrong.
  return `${error.name}: ${error.message.split("\nCall log:")[0]}`.slice(0, 2_000);
}

/**
 * What a flow threw, as something that can be looked at without harm: a getter of it may throw, its message may be no
 * text, it may be a proxy that answers nothing.
 */
export function tame(thrown: unknown): unknown {
  try {
    if (!(thrown instanceof Error)) return typeof thrown === "object" && thrown !== null ? {} : thrown;
    const { name, message, stack } = thrown;
    if (typeof name === "string" && typeof message === "string" && typeof stack !== "object") return thrown;
  } catch {
    // Told below.
  }
  return new Error("what was thrown cannot be looked at");
}

function kindOf(error: unknown): string {
  if (error instanceof Error) return /^[A-Za-z]{1,40}$/.test(error.name) ? `a ${error.name}` : "an error";
  if (error === null || error === undefined) return `${error} instead of an error`;
  return `${typeof error === "object" ? "an" : "a"} ${typeof error} instead of an error`;
}
