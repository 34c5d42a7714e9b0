import { afterAll, beforeAll, expect, test } from "vitest";
import type { BrowserPool } from "../../src/browser/browser-pool.ts";
import { createOpenSession } from "../../src/browser/open-session.ts";
import { createLocalProvider } from "../../src/browser/providers/local.ts";
import type { OpenSession } from "../../src/browser/session.ts";
import { createSpareSession, type SpareSession } from "../../src/browser/spare-session.ts";
import { assertNoChromiumLeft, silent, testPool } from "../support/chromium.ts";
import { startServer, type TestServer } from "../support/web-server.ts";

let pool: BrowserPool;
let spare: SpareSession;
let open: OpenSession;
let server: TestServer;
const { signal } = new AbortController();

beforeAll(async () => {
  pool = testPool();
  const local = createLocalProvider({ pool });
  spare = createSpareSession({ provider: local, log: silent });
  open = createOpenSession({ providers: [local], defaultProvider: "local", spare, log: silent });
  server = await startServer();
  await spare.start();
});
afterAll(async () => {
  await spare[Symbol.asyncDispose]();
  await pool.close();
  await server[Symbol.asyncDispose]();
  assertNoChromiumLeft();
});

/** How many pages the warm browser has, in all contexts: sessions open, and the spare. */
const pagesOpen = async () => {
  await using session = await open({ signal, proxyServer: "http://127.0.0.1:9" });
  return (session.context.browser()?.contexts() ?? []).flatMap((context) => context.pages()).length - 1;
};

test("a state captured in one session is whole in another that was made ahead of it", async () => {
  const first = await open({ signal });
  await first.page.goto(server.url);
  await first.page.evaluate(() => {
    document.cookie = "kept=1";
    localStorage.setItem("local", "2");
    sessionStorage.setItem("tab", "3");
  });
  const state = await first.capture();
  await first.close();
  await spare.start();

  const before = await pagesOpen();
  await using second = await open({ signal, state });
  expect(await pagesOpen(), "no other page was opened for it").toBe(before);
  await second.page.goto(server.url);
  expect(
    await second.page.evaluate(() => [
      document.cookie,
      localStorage.getItem("local"),
      sessionStorage.getItem("tab"),
    ]),
  ).toEqual(["kept=1", "2", "3"]);
  expect(await second.capture()).toEqual(state);
});

test("a spare is used once and knows nothing of the session before", async () => {
  await spare.start();
  const one = await open({ signal });
  await one.page.goto(server.url);
  await one.page.evaluate(() => {
    document.cookie = "left=1";
    localStorage.setItem("left", "1");
  });
  await one.close();
  await spare.start();
  await using other = await open({ signal });
  await other.page.goto(server.url);
  expect(other.context).not.toBe(one.context);
  expect(await other.page.evaluate(() => [document.cookie, localStorage.length])).toEqual(["", 0]);
});

test("a spare whose browser died is not used", async () => {
  await spare.start();
  const [group = 0] = pool.groups();
  process.kill(-group, "SIGKILL");
  await expect.poll(() => pool.groups()).not.toContain(group);
  await using session = await open({ signal });
  await session.page.goto(server.url);
  expect(session.lost.aborted).toBe(false);
});

test("what a spare cannot give is opened afresh, and the spare stays", async () => {
  await spare.start();
  await using proxied = await open({ signal, proxyServer: "http://127.0.0.1:9" });
  const contexts = proxied.context.browser()?.contexts() ?? [];
  expect(contexts).toContain(proxied.context);
  await using direct = await open({ signal });
  expect(contexts, "it was there before").toContain(direct.context);
});
