import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { BrowserPool } from "../../src/browser/browser-pool.ts";
import type { OpenSession, Session } from "../../src/browser/session.ts";
import type { SavedState } from "../../src/identity/types.ts";
import { assertNoChromiumLeft, testOpenSession, testPool } from "../support/chromium.ts";
import { startServer, type TestServer } from "../support/web-server.ts";

let pool: BrowserPool;
let open: OpenSession;
let server: TestServer;
const signal = new AbortController().signal;

beforeAll(async () => {
  pool = testPool();
  open = testOpenSession(pool);
  server = await startServer((request, response) => {
    if (request.url === "/set-cookies")
      response.setHeader("set-cookie", ["lasting=1; Max-Age=3600; HttpOnly", "session=2; SameSite=Lax"]);
    response.setHeader("content-type", "text/html").end("<!doctype html><title>Page</title>");
  });
});

afterAll(async () => {
  await pool.close();
  await server[Symbol.asyncDispose]();
  assertNoChromiumLeft();
});

/** The state a session has after this work, as it comes back from the database: through JSON. */
async function stateAfter(work: (session: Session) => Promise<unknown>): Promise<SavedState> {
  await using session = await open({ signal });
  await work(session);
  return JSON.parse(JSON.stringify(await session.capture()));
}

describe("a captured state, restored in another session", () => {
  test("holds cookies, those without an expiry too", async () => {
    const state = await stateAfter((session) => session.page.goto(`${server.url}/set-cookies`));
    await using session = await open({ signal, state });
    const cookies = await session.context.cookies(server.url);
    expect(
      cookies.map(({ name, value, expires, httpOnly }) => [name, value, expires === -1, httpOnly]),
    ).toEqual([
      ["lasting", "1", false, true],
      ["session", "2", true, false],
    ]);
  });

  test("holds partitioned cookies with their partition", async () => {
    const state = await stateAfter(({ context }) =>
      context.addCookies([
        {
          name: "p",
          value: "1",
          domain: "widget.example",
          path: "/",
          secure: true,
          sameSite: "None",
          partitionKey: "https://shop.example",
        },
      ]),
    );
    await using session = await open({ signal, state });
    expect(await session.context.cookies()).toMatchObject([
      { name: "p", partitionKey: "https://shop.example" },
    ]);
  });

  test("holds localStorage of each open page and of pages that were left", async () => {
    const left = server.at("left.localhost");
    const state = await stateAfter(async ({ page }) => {
      await page.goto(left);
      await page.evaluate(() => localStorage.setItem("token", "left"));
      await page.goto(server.url);
      await page.evaluate(() => localStorage.setItem("token", "open"));
    });
    await using session = await open({ signal, state });
    const tokenAt = async (url: string) => {
      await session.page.goto(url);
      return session.page.evaluate(() => localStorage.getItem("token"));
    };
    expect([await tokenAt(left), await tokenAt(server.url)]).toEqual(["left", "open"]);
  });

  test("holds IndexedDB: stores, indexes, keys, and values of every kind that JSON has no word for", async () => {
    const state = await stateAfter(async ({ page }) => {
      await page.goto(server.url);
      await page.evaluate(async () => {
        const done = (request: IDBRequest | IDBTransaction) =>
          new Promise<void>((resolve) => {
            request.addEventListener("complete", () => resolve());
            request.addEventListener("success", () => resolve());
          });
        const request = indexedDB.open("auth", 3);
        request.onupgradeneeded = () => {
          const users = request.result.createObjectStore("users", { keyPath: "id" });
          users.createIndex("byName", ["name.first", "name.last"], { unique: true });
          request.result.createObjectStore("values");
        };
        await done(request);
        const transaction = request.result.transaction(["users", "values"], "readwrite");
        transaction.objectStore("users").add({ id: 7, name: { first: "Ada", last: "Lovelace" } });
        const values = transaction.objectStore("values");
        const shared = { of: "two" };
        values.add(new Date("2026-11-21T08:00:00Z"), "date");
        values.add(new Uint8Array([1, 2, 255]), "bytes");
        values.add(new Uint16Array([1, 65_535]).subarray(1), "view");
        values.add(new Uint8Array([9]).buffer, "buffer");
        values.add(new Map<unknown, unknown>([["a", new Set([1, 2])]]), "map");
        values.add(10n ** 30n, "bigint");
        values.add([undefined, Number.NaN, -0, Number.POSITIVE_INFINITY], "numbers");
        values.add([shared, shared], "shared");
        values.add(/a+/gi, "pattern");
        values.add("by date", new Date(0));
        values.add("by array", ["x", 1]);
        await done(transaction);
        request.result.close();
      });
    });
    await using session = await open({ signal, state });
    await session.page.goto(server.url);
    const restored = await session.page.evaluate(async () => {
      const result = <T>(request: IDBRequest<T>) =>
        new Promise<T>((resolve) => request.addEventListener("success", () => resolve(request.result)));
      const database = await result(indexedDB.open("auth"));
      const transaction = database.transaction(["users", "values"]);
      const values = transaction.objectStore("values");
      const get = (key: IDBValidKey) => result(values.get(key));
      const [date, bytes, view, buffer, map, bigint, numbers, shared, pattern, byDate, byArray] =
        await Promise.all(
          [
            "date",
            "bytes",
            "view",
            "buffer",
            "map",
            "bigint",
            "numbers",
            "shared",
            "pattern",
            new Date(0),
            ["x", 1],
          ].map(get),
        );
      const user = await result(transaction.objectStore("users").index("byName").get(["Ada", "Lovelace"]));
      return {
        version: database.version,
        user,
        date: date.toISOString(),
        bytes: [...bytes],
        view: [view.constructor.name, ...view],
        buffer: [...new Uint8Array(buffer)],
        map: [...map.get("a")],
        bigint: String(bigint),
        numbers: numbers.map((number: unknown) => (Object.is(number, -0) ? "-0" : String(number))),
        shared: shared[0] === shared[1],
        pattern: String(pattern),
        byDate,
        byArray,
      };
    });
    expect(restored).toEqual({
      version: 3,
      user: { id: 7, name: { first: "Ada", last: "Lovelace" } },
      date: "2026-11-21T08:00:00.000Z",
      bytes: [1, 2, 255],
      view: ["Uint16Array", 65_535],
      buffer: [9],
      map: [1, 2],
      bigint: "1000000000000000000000000000000",
      numbers: ["undefined", "NaN", "-0", "Infinity"],
      shared: true,
      pattern: "/a+/gi",
      byDate: "by date",
      byArray: "by array",
    });
  });

  test("leaves out of IndexedDB what cannot be carried over, and keeps the rest", async () => {
    const state = await stateAfter(async ({ page }) => {
      await page.goto(server.at("odd.localhost"));
      await page.evaluate(async () => {
        const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 128 }, false, ["encrypt"]);
        const opened = (name: string, upgrade?: (database: IDBDatabase) => void) =>
          new Promise<IDBDatabase>((resolve) => {
            const request = indexedDB.open(name);
            request.onupgradeneeded = () => upgrade?.(request.result);
            request.onsuccess = () => resolve(request.result);
          });
        (await opened("no stores")).close();
        (await opened("")).close();
        const database = await opened("mixed", (created) => {
          created.createObjectStore("values");
        });
        const transaction = database.transaction("values", "readwrite");
        const values = transaction.objectStore("values");
        values.add({ key }, "crypto key");
        values.add(new Blob(["text"]), "blob");
        values.add("kept", "plain");
        await new Promise((resolve) => transaction.addEventListener("complete", resolve));
        database.close();
        const large = await opened("large", (created) => {
          created.createObjectStore("cache", { autoIncrement: true });
        });
        const filling = large.transaction("cache", "readwrite");
        for (let count = 0; count < 6_000; count += 1) filling.objectStore("cache").add("x");
        await new Promise((resolve) => filling.addEventListener("complete", resolve));
      });
    });
    await using session = await open({ signal, state });
    await session.page.goto(server.at("odd.localhost"));
    const restored = await session.page.evaluate(async () => {
      const names = (await indexedDB.databases())
        .map(({ name = "" }) => name)
        .toSorted((a, b) => a.localeCompare(b));
      const database = await new Promise<IDBDatabase>((resolve) => {
        const request = indexedDB.open("mixed");
        request.onsuccess = () => resolve(request.result);
      });
      const keys = await new Promise((resolve) => {
        const request = database.transaction("values").objectStore("values").getAllKeys();
        request.onsuccess = () => resolve(request.result);
      });
      return { names, keys };
    });
    expect(restored).toEqual({ names: ["mixed", "no stores"], keys: ["plain"] });
  });

  test("holds the storage of frames of other sites", async () => {
    const widget = server.at("widget.localhost");
    const state = await stateAfter(async ({ page }) => {
      await page.goto(server.url);
      await page.evaluate((src) => {
        const frame = document.createElement("iframe");
        frame.src = src;
        document.body.append(frame);
        return new Promise((resolve) => frame.addEventListener("load", resolve));
      }, widget);
      await page.frames()[1]?.evaluate(() => {
        localStorage.setItem("in", "frame");
        sessionStorage.setItem("in", "frame");
      });
    });
    expect(state.origins).toContainEqual({ origin: widget, localStorage: [{ name: "in", value: "frame" }] });
    expect(state.sessionStorage[widget]).toEqual({ in: "frame" });
  });
});

describe("capturing", () => {
  test("is authoritative: what the site removed is gone from the state", async () => {
    const first = await stateAfter(async ({ page }) => {
      await page.goto(server.url);
      await page.evaluate(() => {
        localStorage.setItem("token", "1");
        sessionStorage.setItem("token", "1");
        document.cookie = "token=1";
      });
    });
    expect(first).toMatchObject({
      cookies: [{ name: "token" }],
      sessionStorage: { [server.url]: { token: "1" } },
    });
    await using session = await open({ signal, state: first });
    await session.page.goto(server.url);
    await session.page.evaluate(() => {
      localStorage.clear();
      sessionStorage.clear();
      document.cookie = "token=; Max-Age=0";
    });
    expect(await session.capture()).toEqual({ cookies: [], origins: [], sessionStorage: {} });
  });

  test("carries over, unread, the origins no page has been to", async () => {
    const elsewhere = server.at("elsewhere.localhost");
    const state: SavedState = {
      cookies: [],
      origins: [{ origin: elsewhere, localStorage: [{ name: "kept", value: "1" }] }],
      sessionStorage: { [elsewhere]: { kept: "1" } },
    };
    await using session = await open({ signal, state });
    await session.page.goto(server.url);
    expect(await session.capture()).toEqual(state);
  });

  test("sends the site nothing, not even past its service worker, and opens no connection to it", async () => {
    await using site = await startServer((request, response) => {
      if (request.url === "/worker.js")
        response
          .setHeader("content-type", "text/javascript")
          .end(`onfetch = (event) => event.respondWith(fetch("/seen-by-worker"));`);
      else response.setHeader("content-type", "text/html").end("<!doctype html><title>Page</title>");
    });
    await using session = await open({ signal });
    const origin = site.at("localhost");
    await session.page.goto(origin);
    await session.page.evaluate(async () => {
      localStorage.setItem("a", "1");
      await navigator.serviceWorker.register("/worker.js");
      await navigator.serviceWorker.ready;
    });
    await session.page.goto(server.url);
    const before = { requests: site.requests.length, connections: site.connections() };
    const state = await session.capture();
    expect(state.origins).toContainEqual({ origin, localStorage: [{ name: "a", value: "1" }] });
    expect({ requests: site.requests.length, connections: site.connections() }).toEqual(before);
  });

  test("is not stopped by a page that hangs", async () => {
    await using session = await open({ signal });
    await session.page.goto(`${server.url}/set-cookies`);
    void session.page
      .evaluate(() => {
        for (;;);
      })
      .catch(() => undefined);
    const state = await session.capture();
    expect(state.cookies).toHaveLength(2);
  });

  test("reads past functions the site has replaced", async () => {
    await using session = await open({ signal });
    await session.page.goto(server.url);
    await session.page.evaluate(() => {
      localStorage.setItem("token", "1");
      Storage.prototype.getItem = () => {
        throw new Error("seen");
      };
      indexedDB.databases = () => Promise.reject(new Error("seen"));
    });
    const state = await session.capture();
    expect(state.origins).toContainEqual({
      origin: server.url,
      localStorage: [{ name: "token", value: "1" }],
    });
  });
});

describe("localStorage", () => {
  const stateOf = (origin: string, entries: Record<string, string>): SavedState => ({
    cookies: [],
    origins: [{ origin, localStorage: Object.entries(entries).map(([name, value]) => ({ name, value })) }],
    sessionStorage: {},
  });
  const readToken = () => localStorage.getItem("token");

  test("is there before the page's own scripts, in a frame and in a tab the site opens too", async () => {
    await using site = await startServer((_request, response) => {
      response
        .setHeader("content-type", "text/html")
        .end("<!doctype html><script>document.title = localStorage.getItem('token')</script>");
    });
    const inFrame = site.at("frame.localhost");
    const inPopup = site.at("popup.localhost");
    const state = stateOf(site.url, { token: "page" });
    state.origins.push(
      ...stateOf(inFrame, { token: "frame" }).origins,
      ...stateOf(inPopup, { token: "popup" }).origins,
    );
    await using session = await open({ signal, state });
    const { page } = session;
    await page.goto(site.url);
    expect(await page.title()).toBe("page");
    await page.evaluate((src) => {
      const frame = document.createElement("iframe");
      frame.src = src;
      document.body.append(frame);
      return new Promise((resolve) => frame.addEventListener("load", resolve));
    }, inFrame);
    expect(await page.frames()[1]?.title()).toBe("frame");
    const [popup] = await Promise.all([
      page.waitForEvent("popup"),
      page.evaluate((url) => void window.open(url), inPopup),
    ]);
    await popup.waitForLoadState();
    expect(await popup.title()).toBe("popup");
  });

  test("stays cleared once the site cleared it: on reload, on the next page, after a detour, in other tabs and frames", async () => {
    await using session = await open({ signal, state: stateOf(server.url, { token: "1" }) });
    const { page, context } = session;
    await page.goto(server.url);
    expect(await page.evaluate(readToken)).toBe("1");
    await page.evaluate(() => localStorage.clear());
    await page.reload();
    expect(await page.evaluate(readToken)).toBeNull();
    await page.goto(server.at("detour.localhost"));
    await page.goto(`${server.url}/next`);
    expect(await page.evaluate(readToken)).toBeNull();
    const tab = await context.newPage();
    await tab.goto(server.url);
    expect(await tab.evaluate(readToken)).toBeNull();
    await tab.goto(server.at("around.localhost"));
    await tab.evaluate((src) => {
      const frame = document.createElement("iframe");
      frame.src = src;
      document.body.append(frame);
      return new Promise((resolve) => frame.addEventListener("load", resolve));
    }, server.url);
    expect(await tab.frames()[1]?.evaluate(readToken)).toBeNull();
    expect((await session.capture()).origins).toEqual([]);
  });

  test("stays as the site's very first script left it, whatever that opens at once", async () => {
    await using site = await startServer((request, response) => {
      const scripts: Record<string, string> = {
        "/clears": "localStorage.clear(); location.replace('/out')",
        "/renews":
          "localStorage.setItem('token', 'renewed'); document.write('<iframe src=/in></iframe>'); window.open('/out', '', 'noopener')",
      };
      response
        .setHeader("content-type", "text/html")
        .end(`<!doctype html><script>${scripts[request.url ?? ""] ?? ""}</script>`);
    });
    {
      await using session = await open({ signal, state: stateOf(site.url, { token: "1" }) });
      await session.page.goto(`${site.url}/clears`);
      await session.page.waitForURL(`${site.url}/out`);
      expect(await session.page.evaluate(readToken)).toBeNull();
    }
    await using session = await open({ signal, state: stateOf(site.url, { token: "1" }) });
    const [popup] = await Promise.all([
      session.context.waitForEvent("page"),
      session.page.goto(`${site.url}/renews`),
    ]);
    await popup.waitForURL(`${site.url}/out`);
    expect(await popup.evaluate(readToken)).toBe("renewed");
    expect(await session.page.evaluate(readToken)).toBe("renewed");
  });

  test("too large to carry about is there all the same", async () => {
    const token = "x".repeat(1_000_000);
    await using session = await open({ signal, state: stateOf(server.url, { token }) });
    await session.page.goto(server.url);
    expect(await session.page.evaluate(() => localStorage.getItem("token")?.length)).toBe(1_000_000);
  });
});

describe("sessionStorage", () => {
  const saved = (entries: Record<string, string>): SavedState => ({
    cookies: [],
    origins: [],
    sessionStorage: { [server.url]: entries },
  });
  const readToken = () => sessionStorage.getItem("token");

  test("is there before the page's own scripts", async () => {
    await using site = await startServer((_request, response) => {
      response
        .setHeader("content-type", "text/html")
        .end("<!doctype html><script>document.title = sessionStorage.getItem('token')</script>");
    });
    await using session = await open({
      signal,
      state: { cookies: [], origins: [], sessionStorage: { [site.url]: { token: "early" } } },
    });
    await session.page.goto(site.url);
    expect(await session.page.title()).toBe("early");
  });

  test("stays cleared once the site cleared it: on reload, on the next page, after a detour and in a tab it opens", async () => {
    await using session = await open({ signal, state: saved({ token: "1" }) });
    const { page } = session;
    await page.goto(server.url);
    expect(await page.evaluate(readToken)).toBe("1");
    await page.evaluate(() => sessionStorage.clear());
    await page.reload();
    expect(await page.evaluate(readToken)).toBeNull();
    await page.goto(`${server.url}/next`);
    expect(await page.evaluate(readToken)).toBeNull();
    await page.goto(server.at("detour.localhost"));
    await page.goto(server.url);
    expect(await page.evaluate(readToken)).toBeNull();
    const [popup] = await Promise.all([
      page.waitForEvent("popup"),
      page.evaluate(() => void window.open("/popup")),
    ]);
    await popup.waitForLoadState();
    expect(await popup.evaluate(readToken)).toBeNull();
  });

  test("stays cleared when the site clears it and moves on in its very first script", async () => {
    await using site = await startServer((request, response) => {
      const script = request.url === "/" ? "sessionStorage.clear(); location.replace('/out')" : "";
      response.setHeader("content-type", "text/html").end(`<!doctype html><script>${script}</script>`);
    });
    await using session = await open({
      signal,
      state: { cookies: [], origins: [], sessionStorage: { [site.url]: { token: "1" } } },
    });
    await session.page.goto(site.url);
    await session.page.waitForURL(`${site.url}/out`);
    expect(await session.page.evaluate(readToken)).toBeNull();
  });

  test("is given to a tab the flow opens, and not to frames of other origins", async () => {
    await using session = await open({ signal, state: saved({ token: "1" }) });
    const tab = await session.context.newPage();
    await tab.goto(server.url);
    expect(await tab.evaluate(readToken)).toBe("1");
    await tab.goto(server.at("other.localhost"));
    expect(await tab.evaluate(readToken)).toBeNull();
  });

  test("of the session's first page wins where two tabs differ", async () => {
    const state = await stateAfter(async ({ page, context }) => {
      await page.goto(server.url);
      await page.evaluate(() => sessionStorage.setItem("tab", "first"));
      const second = await context.newPage();
      await second.goto(server.url);
      await second.evaluate(() => sessionStorage.setItem("tab", "second"));
    });
    expect(state.sessionStorage[server.url]).toEqual({ tab: "first" });
  });
});

test("restore replaces the whole state: nothing of the old remains", async () => {
  const state: SavedState = {
    cookies: [
      {
        name: "new",
        value: "1",
        domain: "127.0.0.1",
        path: "/",
        expires: -1,
        httpOnly: false,
        secure: false,
        sameSite: "Lax",
      },
    ],
    origins: [{ origin: server.url, localStorage: [{ name: "new", value: "1" }] }],
    sessionStorage: { [server.url]: { new: "1" } },
  };
  await using session = await open({
    signal,
    state: { cookies: [], origins: [], sessionStorage: { [server.url]: { older: "1" } } },
  });
  const { page, context } = session;
  await page.goto(server.at("left.localhost"));
  await page.evaluate(() => {
    localStorage.setItem("old", "1");
    sessionStorage.setItem("old", "1");
  });
  await page.goto(`${server.url}/set-cookies`);
  await page.evaluate(() => {
    localStorage.setItem("old", "1");
    sessionStorage.setItem("old", "1");
  });
  await (await context.newPage()).goto(server.url);

  await session.restore(state);

  expect(context.pages()).toEqual([page]);
  expect(await session.capture()).toEqual(state);
  await page.goto(server.at("left.localhost"));
  expect(await page.evaluate(() => [localStorage.length, sessionStorage.length])).toEqual([0, 0]);
  await page.goto(server.url);
  expect(await page.evaluate(() => [Object.entries(localStorage), Object.entries(sessionStorage)])).toEqual([
    [["new", "1"]],
    [["new", "1"]],
  ]);
  expect(await session.capture()).toMatchObject(state);
});
