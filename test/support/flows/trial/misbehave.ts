import { setTimeout as sleep } from "node:timers/promises";
import { defineFlow, Failure, z } from "latchkey";

/* oxlint-disable typescript/only-throw-error -- the point of the test */
/** Fails in whichever way the input asks for. */
export default defineFlow({
  description: "Fail in a chosen way",
  input: z.object({ how: z.string(), ms: z.number().default(60_000) }),
  async run({ page, session, input, step, files, signal }) {
    switch (input.how) {
      case "throw":
        return step("break", () => {
          throw new TypeError("secret words of a page");
        });
      case "throw a string":
        throw "not an error";
      case "throw undefined":
        throw undefined;
      case "throw a frozen object":
        throw Object.freeze({ message: "frozen" });
      case "throw a getter":
        throw Object.defineProperty(new Error("calm"), "message", {
          get: () => {
            throw new Error("not even the message can be read");
          },
        });
      case "throw a proxy":
        throw new Proxy(
          {},
          {
            get: () => {
              throw new Error("no");
            },
            getPrototypeOf: () => {
              throw new Error("no");
            },
          },
        );
      case "throw a circle": {
        const circle: Record<string, unknown> = { message: "round" };
        circle["self"] = circle;
        throw Object.assign(new Error("round"), { circle, cause: circle });
      }
      case "throw half a character":
        throw new Error("\u{1F511}".repeat(2_000));
      case "return a circle": {
        const circle: Record<string, unknown> = {};
        circle["self"] = circle;
        return circle;
      }
      case "return too much":
        return "x".repeat(64 * 2 ** 20);
      case "return what Postgres cannot hold":
        return { text: "before\0after" };
      case "name a step what Postgres cannot hold":
        return step("a\0b", () => "named");
      case "reject later":
        // Well after the run: nobody is there to hear it.
        setTimeout(() => void Promise.reject(new Error("nobody waits for this")), input.ms);
        return "gone";
      case "block":
        for (const end = performance.now() + input.ms; performance.now() < end; );
        return "blocked";
      case "leak contexts":
        for (let n = 0; n < 3; n++) await (await session.context.browser()?.newContext())?.newPage();
        return "leaked";
      case "keep a file":
        return files.put("kept.bin", new Uint8Array(100_000));
      case "open popups":
        for (let n = 0; n < 5; n++) await page.evaluate(() => void window.open("about:blank"));
        return "opened";
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
