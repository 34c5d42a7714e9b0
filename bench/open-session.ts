/**
 * What a session costs beyond the context and the page it is made of, on the same warm Chromium, one after the other.
 *
 *   node bench/open-session.ts [rounds]
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { pino } from "pino";
import { createBrowserPool } from "../src/browser/browser-pool.ts";
import { findChromium } from "../src/browser/find-chromium.ts";
import { createOpenSession } from "../src/browser/open-session.ts";
import { createLocalProvider } from "../src/browser/providers/local.ts";
import type { SavedState } from "../src/identity/types.ts";

const rounds = Number(process.argv[2] ?? 30);
const log = pino({ level: "silent" });
const { path: executablePath } = findChromium({
  configured: process.env["CHROMIUM_PATH"],
  searchPath: process.env["PATH"],
});
await using pool = createBrowserPool({
  executablePath,
  sandbox: "auto",
  recycleContexts: 100_000,
  recycleMemoryMb: 100_000,
  log,
});
const openSession = createOpenSession({
  providers: [createLocalProvider({ pool })],
  defaultProvider: "local",
  log,
});
const signal = new AbortController().signal;

const server = createServer((_request, response) => {
  response.setHeader("content-type", "text/html").end("<!doctype html><title>Page</title>");
});
await new Promise<void>((resolve) => {
  server.listen(0, "127.0.0.1", resolve);
});
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const cookie = {
  domain: "127.0.0.1",
  path: "/",
  expires: -1,
  httpOnly: true,
  secure: false,
  sameSite: "Lax",
};
const state: SavedState = {
  cookies: Array.from({ length: 12 }, (_, index) => ({
    ...cookie,
    name: `c${index}`,
    value: "x".repeat(200),
  })),
  origins: [{ origin: url, localStorage: [{ name: "token", value: "x".repeat(500) }] }],
  sessionStorage: { [url]: { token: "1" } },
};
const { sessionStorage: _, ...storageState } = state;

const times: Record<string, number[]> = {};
const note = (name: string, duration: number) => (times[name] ??= []).push(duration);
const timed = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
  const startedAt = performance.now();
  const result = await work();
  note(name, performance.now() - startedAt);
  return result;
};

await pool.warmUp();
const warm = await openSession({ signal });
const browser = warm.context.browser();
if (browser === null) throw new Error("no browser");

const bare = async () => {
  const startedAt = performance.now();
  const context = await timed("bare newContext + newPage", async () => {
    const made = await browser.newContext({
      storageState,
      viewport: { width: 1280, height: 800 },
      locale: "en-US",
    } as never);
    await made.newPage();
    return made;
  });
  await context.pages()[0]?.goto(url);
  note("bare, first page there", performance.now() - startedAt);
  await timed("bare storageState", () => context.storageState({ indexedDB: true }));
  await timed("bare close", () => context.close());
};
const ours = async () => {
  const startedAt = performance.now();
  const session = await timed("openSession", () => openSession({ signal, state }));
  await session.page.goto(url);
  note("session, first page there", performance.now() - startedAt);
  await timed("capture", () => session.capture());
  await timed("session close", () => session.close());
};

await bare();
await ours();
for (const name of Object.keys(times)) times[name] = [];
for (let round = 0; round < rounds; round += 1) {
  // Whoever goes second finds a warmer machine: take turns.
  for (const work of round % 2 === 0 ? [bare, ours] : [ours, bare]) await work();
}
await warm.close();
server.close();

const median = (values: number[] = []) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
for (const [name, values] of Object.entries(times))
  console.log(`${name.padEnd(26)} ${median(values).toFixed(1)} ms`);
// Each round's own ratio, so that a machine busy with other things slows both sides of it.
const ratio = (a: string, b: string) =>
  median((times[a] ?? []).map((value, round) => value / (times[b]?.[round] ?? Number.NaN))).toFixed(3);
console.log(`open    ${ratio("openSession", "bare newContext + newPage")} of bare`);
console.log(`open and first page ${ratio("session, first page there", "bare, first page there")} of bare`);
console.log(`capture ${ratio("capture", "bare storageState")} of bare`);
console.log(`close   ${ratio("session close", "bare close")} of bare`);
