/** A program for a test to kill: hands out a browser with a window, on a screen of its own, and says so. */
import { createChromiumPool } from "../../src/browser/handed-out/pool.ts";
import { chromiumPath, silent } from "./chromium.ts";

const pool = createChromiumPool({
  // The headless shell has no windows.
  executablePath: () => chromiumPath({ wholeChromium: true }),
  sandbox: "auto",
  size: 0,
  log: silent,
});
const { chromium, connection, page } = await pool.take({ headed: true, window: { width: 800, height: 600 } });
await page.goto("data:text/html,<h1>handed out</h1>");
await connection[Symbol.asyncDispose]();
process.stdout.write(`${JSON.stringify({ group: chromium.group })}\n`);
setInterval(() => undefined, 60_000);
