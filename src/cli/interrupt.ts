import { constants } from "node:os";
import { Failure } from "../failure.ts";

/** How long a command that was told to end may take, in milliseconds: a Postgres that vanished answers no farewell. */
const endWithinMs = 20_000;

/** Ctrl-C, and SIGTERM, as a signal that a command's work can be given. */
export interface Interrupt extends Disposable {
  /** Aborted by the first, with a Failure `cancelled`. A second one ends the process at once, and so does time. */
  readonly signal: AbortSignal;
  /** What a shell expects of a command that a signal ended; undefined unless one came. */
  readonly exitCode: number | undefined;
}

/** @param message what is said to have happened: our own text */
export function createInterrupt(message: string): Interrupt {
  const controller = new AbortController();
  let exitCode: number | undefined;
  const onSignal = (name: "SIGINT" | "SIGTERM") => {
    if (exitCode !== undefined) process.exit(exitCode);
    const code = 128 + constants.signals[name];
    exitCode = code;
    setTimeout(() => process.exit(code), endWithinMs).unref();
    controller.abort(new Failure("cancelled", message));
  };
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  process.on("newListener", takeOffPlaywrights);
  return {
    signal: controller.signal,
    get exitCode() {
      return exitCode;
    },
    [Symbol.dispose]() {
      process.off("newListener", takeOffPlaywrights);
      process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
    },
  };
}

/**
 * Playwright's Inspector is a browser that Playwright starts by itself, and for it, on Ctrl-C, it would end this process
 * before what we have open is closed. Closing ours closes the Inspector too.
 */
function takeOffPlaywrights(event: string | symbol, listener: (...args: unknown[]) => void): void {
  if (typeof event !== "string" || !/^sig(?:int|term|hup)Handler$/.test(listener.name)) return;
  queueMicrotask(() => process.off(event, listener));
}
