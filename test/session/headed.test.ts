import { chromium } from "playwright-core";
import { Server } from "proxy-chain";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Secret } from "../../src/secret.ts";
import { ownChromiums } from "../support/chromium.ts";
import { openSessionGround, type SessionGround } from "../support/session-ground.ts";

const user = { username: "u@x", password: "p:w" };

/** A proxy that lets nobody through without the user's name and password. */
async function startProxy(onRequest: (url: string) => void): Promise<AsyncDisposable & { url: string }> {
  const proxy = new Server({
    host: "127.0.0.1",
    port: 0,
    prepareRequestFunction: ({ username, password, request }) => {
      const isUser = username === user.username && password === user.password;
      if (isUser) onRequest(request.url ?? "");
      return { requestAuthentication: !isUser };
    },
  });
  await proxy.listen();
  return { url: `http://127.0.0.1:${proxy.port}`, [Symbol.asyncDispose]: () => proxy.close(true) };
}

let on: SessionGround;

beforeAll(async () => {
  // The headless shell has no windows.
  on = await openSessionGround({ wholeChromium: true });
});
afterEach(() => on.clear());
afterAll(() => on[Symbol.asyncDispose]());

test("a browser of a window is on a screen of its own, and behind a proxy that wants a password", async () => {
  const asked: string[] = [];
  await using proxy = await startProxy((url) => asked.push(url));
  const session = await on.create({
    headed: true,
    viewport: { width: 1_000, height: 760 },
    proxy: { server: proxy.url, username: user.username, password: new Secret(user.password) },
    initialUrl: on.site.url,
  });
  const browser = await chromium.connectOverCDP(on.addressOf(session), { noDefaults: true });
  const page = browser.contexts()[0]?.pages()[0];
  expect(await page?.title()).toContain("Sign in");
  expect(await page?.evaluate(() => [innerWidth, innerHeight])).toEqual([1_000, 760]);
  await browser.close();
  expect(asked).toContain(`${on.site.url}/`);
  const screens = () => ownChromiums().filter(({ command }) => command.startsWith("Xvfb"));
  expect(screens().length).toBe(process.env["DISPLAY"] === undefined ? 1 : 0);
  await on.end(session);
  expect(screens()).toEqual([]);
});
