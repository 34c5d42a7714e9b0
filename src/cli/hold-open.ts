import { createInterface } from "node:readline";
import type { BrowserContext } from "playwright-core";
import type { CliContext } from "./context.ts";
import { prose } from "./prose.ts";
import type { FailedHere } from "./run-here.ts";

/** Says that a failed run's window stays, and waits for whoever looks at it: Enter, Ctrl-C, the window closed. */
export async function holdOpen(context: CliContext, { session, interrupted }: FailedHere): Promise<void> {
  const { stderr, stdin, errorStyle: style } = context;
  const ways = stdin.isTTY
    ? "press Enter or Ctrl-C, or close the window"
    : "press Ctrl-C or close the window";
  const text = `The window stays open, and nobody else gets the identity, until you ${ways}.`;
  stderr.write(`${style.yellow("…")} ${prose(stderr, text, "  ")}\n`);
  using stack = new DisposableStack();
  const { promise: over, resolve: end } = Promise.withResolvers<void>();
  for (const signal of [interrupted, session.lost]) {
    if (signal.aborted) end();
    signal.addEventListener("abort", () => end(), { once: true });
  }
  stack.use(onClosed(session.context, end));
  if (stdin.isTTY) {
    const lines = createInterface({ input: stdin });
    stack.defer(() => lines.close());
    lines.once("line", () => end());
    // Ctrl-D: nobody is there any more.
    lines.once("close", () => end());
  }
  await over;
}

/** Tells when the last of the context's pages is closed: its window then is, too. */
function onClosed(context: BrowserContext, closed: () => void): Disposable {
  const look = () => {
    if (context.pages().length === 0) closed();
  };
  context.on("close", closed);
  const pages = context.pages();
  for (const page of pages) page.on("close", look);
  const adopt = (page: (typeof pages)[number]) => void page.on("close", look);
  context.on("page", adopt);
  look();
  return {
    [Symbol.dispose]() {
      context.off("close", closed);
      context.off("page", adopt);
    },
  };
}
