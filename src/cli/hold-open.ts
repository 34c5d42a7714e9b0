import { createInterface } from "node:readline";
import type { Session } from "../browser/session.ts";
import type { CliContext } from "./context.ts";
import { prose } from "./prose.ts";
import type { FailedHere } from "./run-here.ts";
import { onWindowClosed } from "./window-closed.ts";

/** Says that a failed run's window stays, and waits for whoever looks at it: Enter, Ctrl-C, the window closed. */
export async function holdOpen(context: CliContext, { session, interrupted }: FailedHere): Promise<void> {
  const { stderr, stdin, errorStyle: style } = context;
  const ways = stdin.isTTY
    ? "press Enter or Ctrl-C, or close the window"
    : "press Ctrl-C or close the window";
  const text = `The window stays open, and nobody else gets the identity, until you ${ways}.`;
  stderr.write(`${style.yellow("…")} ${prose(stderr, text, "  ")}\n`);
  await untilDone(context, session, interrupted);
}

/** Resolves when the person at the window is done with it: Enter, its closing, its loss, or the signal. */
export async function untilDone(
  { stdin }: Pick<CliContext, "stdin">,
  { context, lost }: Pick<Session, "context" | "lost">,
  ended: AbortSignal,
): Promise<void> {
  using stack = new DisposableStack();
  const { promise: over, resolve: end } = Promise.withResolvers<void>();
  for (const signal of [ended, lost]) {
    if (signal.aborted) end();
    signal.addEventListener("abort", () => end(), { once: true });
  }
  stack.use(onWindowClosed(context, end));
  if (stdin.isTTY) {
    const lines = createInterface({ input: stdin });
    stack.defer(() => lines.close());
    // Ctrl-D: nobody is there any more.
    lines.once("line", () => end()).once("close", () => end());
  }
  await over;
}
