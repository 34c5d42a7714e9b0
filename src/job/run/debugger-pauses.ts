import type { BrowserContext } from "playwright-core";
import type { TimeLimit } from "../../time-limit.ts";

/**
 * Stops the clock while Playwright's Inspector holds up what is done in the context: at `page.pause()`, and at each
 * of its steps. Until it is disposed of.
 */
export function pauseWithDebugger(context: BrowserContext, limit: Pick<TimeLimit, "pause">): Disposable {
  let paused: Disposable | undefined;
  const follow = () => {
    if (context.debugger.pausedDetails() !== null) paused ??= limit.pause();
    else {
      paused?.[Symbol.dispose]();
      paused = undefined;
    }
  };
  context.debugger.on("pausedstatechanged", follow);
  return {
    [Symbol.dispose]() {
      context.debugger.off("pausedstatechanged", follow);
      paused?.[Symbol.dispose]();
    },
  };
}
