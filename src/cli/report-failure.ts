import { Failure, toFailure } from "../failure.ts";
import type { CliContext } from "./context.ts";
import { prose } from "./prose.ts";

/** What a shell gives a command that Ctrl-C ended: 128 and the signal's number. */
export const interruptedCode = 130;

/** Tells what was wrong and what to do, on standard error; never a stack. @returns the exit code */
export async function reportFailure(error: unknown, context: CliContext): Promise<number> {
  const { stderr, errorStyle: style, redactor } = context;
  const failure = toFailure(error);
  if (failure.code === "cancelled") {
    // Whoever pressed Ctrl-C needs no advice.
    stderr.write(`${style.yellow("✗")} ${failure.message}\n`);
    return interruptedCode;
  }
  const said = prose(stderr, `${failure.code}: ${redactor.scrub(failure.message)}`, "  ");
  stderr.write(`${style.red("✗")} ${style.bold(failure.code)}${said.slice(failure.code.length)}\n`);
  if (!(error instanceof Failure)) {
    // It may have come before any command began.
    await context.use();
    context.log.debug({ err: error }, "a fault of Latchkey's own");
    const words = error instanceof Error ? error.message : String(error);
    stderr.write(`  ${redactor.scrub(words)}\n`);
    stderr.write(`  ${style.dim("LATCHKEY_LOG_LEVEL=debug shows where; please report it.")}\n`);
    return 1;
  }
  stderr.write(`  ${style.dim(prose(stderr, failure.advice, "  "))}\n`);
  return 1;
}
