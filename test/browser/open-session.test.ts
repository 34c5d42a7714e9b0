import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { BrowserPool } from "../../src/browser/browser-pool.ts";
import { createOpenSession } from "../../src/browser/open-session.ts";
import type { Provider } from "../../src/browser/providers/provider.ts";
import type { OpenSession } from "../../src/browser/session.ts";
import { Failure } from "../../src/failure.ts";
import type { SavedState } from "../../src/identity/types.ts";
import { assertNoChromiumLeft, silent, testOpenSession, testPool } from "../support/chromium.ts";
import { startServer, type TestServer } from "../support/web-server.ts";

let pool: BrowserPool;
let open: OpenSession;
let server: TestServer;
const signal = new AbortController().signal;

beforeAll(async () => {
  pool = testPool();
  open = testOpenSession(pool);
  server = await startServer();
});

afterAll(async () => {
  await pool.close();
  await server[Symbol.asyncDispose]();
  assertNoChromiumLeft();
});

test("a session is an isolated page of the size and language flows can rely on", async () => {
  await using one = await open({ signal });
  await using other = await open({ signal });
  await one.page.goto(server.url);
  await other.page.goto(server.url);
  await one.page.evaluate(() => localStorage.setItem("seen", "1"));
  expect(await other.page.evaluate(() => localStorage.length)).toBe(0);
  expect(await one.page.evaluate(() => [innerWidth, innerHeight, navigator.language])).toEqual([
    1280,
    800,
    "en-US",
  ]);
  expect(one.id).not.toBe(other.id);
  expect(one.provider).toBe("local");
});

test("closing is done once, and every call waits for it", async () => {
  const session = await open({ signal });
  const closing = session.close();
  expect(session.close()).toBe(closing);
  await session.close();
  expect(session.context.pages()).toEqual([]);
  expect(pool.groups()).toHaveLength(1);
});

test("a context stays private to its proxy", async () => {
  await using proxy = await startServer((request, response) => {
    response.end(`proxied ${request.url}`);
  });
  await using session = await open({ signal, proxyServer: proxy.url });
  await session.page.goto("http://shop.example/orders");
  expect(await session.page.textContent("body")).toBe("proxied http://shop.example/orders");
  await using direct = await open({ signal });
  await expect(direct.page.goto("http://shop.example/orders")).rejects.toThrow("ERR_NAME_NOT_RESOLVED");
});

describe("a session is lost", () => {
  test("when its page crashes, and says so", async () => {
    await using session = await open({ signal });
    await using other = await open({ signal });
    void session.page.goto("chrome://crash").catch(() => undefined);
    await expect.poll(() => session.lost.aborted).toBe(true);
    expect(session.lost.reason).toMatchObject({ code: "browser_crashed" });
    expect(other.lost.aborted).toBe(false);
  });

  test("when its browser is killed", async () => {
    await using own = testPool();
    await using session = await testOpenSession(own)({ signal });
    process.kill(-(own.groups()[0] ?? 0), "SIGKILL");
    await expect.poll(() => session.lost.aborted).toBe(true);
    expect(session.lost.reason).toMatchObject({ code: "browser_crashed" });
  });
});

describe("opening", () => {
  test("with a state that cannot be restored gives a session without it rather than none", async () => {
    const state: SavedState = {
      cookies: [{ name: "kept-out", value: "1" }],
      origins: [],
      sessionStorage: {},
    };
    await using session = await open({ signal, state });
    expect(await session.context.cookies()).toEqual([]);
  });

  test("with databases that cannot be restored still restores the rest of the state", async () => {
    const store = { name: "s", records: [{ value: 1 }], indexes: [], autoIncrement: false, keyPath: "id" };
    const state: SavedState = {
      cookies: [
        {
          name: "c",
          value: "1",
          domain: "127.0.0.1",
          path: "/",
          expires: -1,
          httpOnly: true,
          secure: false,
          sameSite: "Lax",
        },
      ],
      origins: [
        {
          origin: server.url,
          localStorage: [{ name: "token", value: "1" }],
          indexedDB: [{ name: "broken", version: 1, stores: [store] }],
        },
      ],
      sessionStorage: {},
    };
    await using session = await open({ signal, state });
    await session.page.goto(server.url);
    expect(await session.page.evaluate(() => localStorage.getItem("token"))).toBe("1");
    expect(await session.context.cookies()).toHaveLength(1);
  });

  test("stops when it is called off", async () => {
    await using session = await open({ signal });
    const contexts = session.context.browser()?.contexts().length;
    const stop = new AbortController();
    const opening = open({ signal: stop.signal });
    setImmediate(() => stop.abort(new Failure("cancelled", "The run was cancelled.")));
    await expect(opening).rejects.toMatchObject({ code: "cancelled" });
    await expect.poll(() => session.context.browser()?.contexts()).toHaveLength(contexts ?? 0);
  });

  test("at a provider nobody knows names those there are", async () => {
    await expect(open({ signal, provider: "cloud" })).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringContaining("local"),
    });
  });

  test("passes on a provider's own failure", async () => {
    const refused = new Failure("provider_refused", "No more sessions.");
    const close = async () => {};
    const provider: Provider = {
      name: "full",
      lend: () => Promise.reject(refused),
      close,
      [Symbol.asyncDispose]: close,
    };
    const openFull = createOpenSession({ providers: [provider], defaultProvider: "full", log: silent });
    await expect(openFull({ signal })).rejects.toBe(refused);
  });
});

test("cookies of a frame of another site are let in, as in an ordinary window", async () => {
  await using widget = await startServer((_request, response) => {
    response.setHeader("set-cookie", "third=1; SameSite=None; Secure").end("<!doctype html>");
  });
  // The headless shell lets them in whatever the profile says.
  await using own = testPool({ wholeChromium: true });
  await using session = await testOpenSession(own)({ signal });
  await session.page.goto(server.url);
  await session.page.evaluate((src) => {
    const frame = document.createElement("iframe");
    frame.src = src;
    document.body.append(frame);
    return new Promise((resolve) => frame.addEventListener("load", resolve));
  }, widget.at("widget.localhost"));
  expect((await session.context.cookies()).map(({ name }) => name)).toEqual(["third"]);
});
