import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { defineFlow, z } from "latchkey";

/**
 * One piece of work on the practice site, in whichever way the input asks for. The site is told when it begins and when
 * it ends, by a name of this attempt's own, so that it can be seen from the site's side what overlapped.
 */
export default defineFlow({
  description: "Work on the practice site, more or less well",
  input: z.object({ work: z.number(), how: z.string(), ms: z.number().default(0) }),
  restartable: true,
  async run({ page, context, identity, input, step, files, signal }) {
    const attempt = randomUUID();
    const tell = async (turn: "begin" | "end") => {
      const url = new URL("/statements", identity.sourceUrl);
      url.search = new URLSearchParams({ work: String(input.work), attempt, turn }).toString();
      await page.goto(url.href);
      await page.getByRole("heading", { name: "Statements" }).waitFor({ timeout: 5_000 });
    };
    await step("begin", () => tell("begin"));
    switch (input.how) {
      case "slow":
        await step("take time", () => sleep(input.ms, undefined, { signal }));
        break;
      case "download":
        await step("download", () =>
          files.download(page, page.getByRole("link", { name: /PDF|Download/i }).first()),
        );
        break;
      case "throw":
        throw new TypeError("a flow's own fault");
      case "throw no error":
        // oxlint-disable-next-line typescript/only-throw-error -- the point of it
        throw undefined;
      case "leak":
        for (let n = 0; n < 3; n++) await context.newPage();
        await (await context.browser()?.newContext())?.newPage();
        break;
      case "never end":
        return sleep(3_600_000);
      case "return too much":
        return "x".repeat(16 * 2 ** 20);
      case "reject later":
        setTimeout(() => void Promise.reject(new Error("nobody waits for this")), 300);
        break;
      case "block":
        for (const until = performance.now() + input.ms; performance.now() < until; );
        break;
      default:
    }
    await step("end", () => tell("end"));
    return { work: input.work, as: identity.name, attempt };
  },
});
