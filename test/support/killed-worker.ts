/** A program for a test to kill: opens a session and says so, then waits for its end. */
import { testOpenSession, testPool } from "./chromium.ts";

// What Latchkey itself finds starts the most processes to be left behind.
const pool = testPool({ wholeChromium: true });
const session = await testOpenSession(pool)({ signal: new AbortController().signal });
await session.page.goto("data:text/html,<h1>at work</h1>");
process.stdout.write(`${JSON.stringify({ groups: pool.groups() })}\n`);
setInterval(() => undefined, 60_000);
