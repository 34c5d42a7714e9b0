import { setTimeout as sleep } from "node:timers/promises";
import { defineFlow, Failure, z } from "latchkey";

/** Fails in whichever way the input asks for. */
export default defineFlow({
  description: "Fail in a chosen way",
  input: z.object({ how: z.string(), ms: z.number().default(60_000) }),
  async run({ page, session, input, step, signal }) {
    switch (input.how) {
      case "throw":
        return step("break", () => {
          throw new TypeError("secret words of a page");
        });
      case "throw a string":
        // oxlint-disable-next-line typescript/only-throw-error -- the point of the test
        throw "not an error";
      case "throw undefined":
        // oxlint-disable-next-line typescript/only-throw-error -- the point of the test
        throw undefined;
      case "refuse":
        throw new Failure("flow_failed", "The shop is closed.", { retryable: true });
      case "wait for nothing":
        return step("wait for what never comes", () => page.locator("#never").click({ timeout: 200 }));
      case "never end":
        return sleep(input.ms);
      case "wait politely":
        return sleep(input.ms, undefined, { signal });
      case "hang on the page":
        return page.locator("#never").click({ timeout: input.ms });
      case "return a function":
        return { nested: { n: 1n } };
      case "crash the page":
        await page.goto("chrome://crash").catch(() => {});
        return sleep(input.ms);
      case "close the page":
        await page.close();
        return page.title();
      case "kill the browser":
        await session.context.browser()?.close();
        return page.title();
      case "leak pages":
        for (let n = 0; n < 5; n++) await session.context.newPage();
        return "leaked";
      default:
        return input.how;
    }
  },
});
