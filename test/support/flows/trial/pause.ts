import { setTimeout as sleep } from "node:timers/promises";
import { defineFlow, z } from "latchkey";

/** Stops where a developer would, and goes on by itself after a while: nobody is there to press Resume. */
export default defineFlow({
  description: "Stop in the Inspector",
  input: z.object({ forMs: z.number() }),
  async run({ page, context, input, step }) {
    const startedAt = performance.now();
    const resumed = sleep(input.forMs).then(() => context.debugger.resume().catch(() => "was not paused"));
    await step("stop here", () => page.pause());
    const pausedMs = Math.round(performance.now() - startedAt);
    return { pausedMs, resumed: (await resumed) ?? "was paused" };
  },
});
