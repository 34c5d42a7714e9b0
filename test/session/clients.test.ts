import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { chromium } from "playwright-core";
import puppeteer from "puppeteer-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { practiceUsers } from "../../practice/site.ts";
import { openSessionGround, type SessionGround } from "../support/session-ground.ts";

let on: SessionGround;

beforeAll(async () => {
  on = await openSessionGround();
});
afterEach(() => on.clear());
afterAll(() => on[Symbol.asyncDispose]());

const { username } = practiceUsers[0];

test("Playwright drives a session that was signed in with a second factor", async () => {
  const session = await on.create({ identityIds: ["ada"] });
  const browser = await chromium.connectOverCDP(on.addressOf(session));
  const page = browser.contexts()[0]?.pages()[0];
  await page?.getByRole("link", { name: "Statements", exact: true }).click();
  expect(await page?.getByRole("row").count()).toBeGreaterThan(1);
  expect(await page?.textContent("body")).toContain(username);
  await browser.close();
});

test("Puppeteer drives one, and to close its browser leaves the session", async () => {
  const session = await on.create({ identityIds: ["ada"] });
  const browserWSEndpoint = on.addressOf(session);
  for (const leave of ["close", "disconnect"] as const) {
    const browser = await puppeteer.connect({ browserWSEndpoint, defaultViewport: null });
    const [page] = await browser.pages();
    await page?.goto(`${on.site.url}/statements`);
    expect(await page?.$$eval("tr", (rows) => rows.length)).toBeGreaterThan(1);
    await browser[leave]();
  }
  expect(await on.api.deps.sessions.get("default", session.id)).toMatchObject({ status: "running" });
});

test("Chrome's own protocol drives one, message by message", async () => {
  const session = await on.create({ identityIds: ["ada"] });
  await using client = await connect(on.addressOf(session));
  const { targetInfos } = await client.send("Target.getTargets");
  const pages = (targetInfos as { targetId: string; type: string }[]).filter(({ type }) => type === "page");
  expect(pages).toHaveLength(1);
  const { sessionId } = await client.send("Target.attachToTarget", {
    targetId: pages[0]?.targetId,
    flatten: true,
  });
  const { result } = await client.send(
    "Runtime.evaluate",
    { expression: "document.body.innerText" },
    sessionId as string,
  );
  expect((result as { value: string }).value).toContain(username);
});

test("a file that was uploaded to the session can be given to a page by its name, and no other file can", async () => {
  const session = await on.create({ initialUrl: on.site.url });
  const live = await on.api.deps.sessions.live("default", session.id);
  await writeFile(join(live.uploadsDir, "cv.txt"), "a life in brief");
  const browser = await puppeteer.connect({ browserWSEndpoint: on.addressOf(session) });
  const [page] = await browser.pages();
  await page?.setContent('<input type="file" multiple>');
  const input = await page?.$("input");
  const cdp = await page?.createCDPSession();
  const { root } = (await cdp?.send("DOM.getDocument")) ?? {};
  const { nodeId = 0 } =
    (await cdp?.send("DOM.querySelector", { nodeId: root?.nodeId ?? 0, selector: "input" })) ?? {};
  await cdp?.send("DOM.setFileInputFiles", { nodeId, files: ["cv.txt"] });
  const read = () =>
    input?.evaluate(async ({ files }) => [files?.[0]?.name, await files?.[0]?.text().catch(() => "none")]);
  expect(await read()).toEqual(["cv.txt", "a life in brief"]);
  await cdp?.send("DOM.setFileInputFiles", { nodeId, files: ["/etc/hostname"] });
  expect((await read())?.[1]).not.toMatch(/\w{5,}/);
  await browser.disconnect();
});

test("what a client downloads is a file of the session, whatever the client would do with it", async () => {
  const session = await on.create({ identityIds: ["ada"] });
  const browser = await chromium.connectOverCDP(on.addressOf(session));
  const page = browser.contexts()[0]?.pages()[0];
  await page?.goto(`${on.site.url}/statements`);
  await page
    ?.getByRole("link", { name: /PDF|Download/ })
    .first()
    .click();
  const { sessions } = on.api.deps;
  await expect.poll(() => sessions.files("default", session.id)).toHaveLength(1);
  await browser.close();
  // Also one that nobody is connected for.
  const again = await puppeteer.connect({ browserWSEndpoint: on.addressOf(session) });
  const [same] = await again.pages();
  await same?.evaluate(() => {
    const link = Object.assign(document.createElement("a"), { download: "../../note.txt" });
    link.href = URL.createObjectURL(new Blob(["left behind"]));
    setTimeout(() => link.click(), 300);
  });
  await again.disconnect();
  await expect.poll(() => sessions.files("default", session.id)).toHaveLength(2);
  await on.end(session);
  const files = await sessions.files("default", session.id);
  expect(files).toMatchObject([
    { kind: "download", suggestedName: expect.stringMatching(/\.pdf$/) },
    { kind: "download", bytes: 11 },
  ]);
  const { stream } = await on.ground.parts.artifacts.read(session.id, files[1]?.name ?? "");
  expect((await stream.toArray()).join("")).toBe("left behind");
  expect(files[1]?.name).not.toContain("/");
});

test("no page reaches the ports that the browsers of sessions are driven at", async () => {
  const [session, other] = [await on.create(), await on.create()];
  const browser = await chromium.connectOverCDP(on.addressOf(session));
  const page = browser.contexts()[0]?.pages()[0];
  for (const { id } of [session, other]) {
    const { endpoint } = await on.api.deps.sessions.live("default", id);
    const { port } = new URL(endpoint);
    expect((await fetch(`http://127.0.0.1:${port}/json/version`)).status).toBe(200);
    for (const host of ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "127.1", "0.0.0.0"]) {
      const opened = page?.goto(`http://${host}:${port}/json/list`);
      await expect(opened, host).rejects.toThrow("ERR_NAME_NOT_RESOLVED");
    }
  }
  await browser.close();
});

test("nothing a client sends harms more than its own connection", async () => {
  const session = await on.create();
  const deep = `${"[".repeat(20_000)}${"]".repeat(20_000)}`;
  for (const text of [
    '{"id":1,"method":"DOM.setFileInputFiles","params":{"files":[{"toString":1}]}}',
    `{"id":1,"method":"DOM.setFileInputFiles","params":{"files":${deep}}}`,
    `{"id":1,"method":"X.y","params":{"a":${deep}}}`,
    `{"id":${JSON.stringify("x".repeat(1_000))},"method":"X.y"}`,
    "null",
  ]) {
    const socket = new WebSocket(on.addressOf(session));
    await once(socket, "open");
    socket.send(text);
    await Promise.race([once(socket, "close"), once(socket, "message")]);
    socket.terminate();
  }
  await using client = await connect(on.addressOf(session));
  expect(await client.send("Browser.getVersion")).toHaveProperty("product");
});

test("a download is kept whose client leaves in the same moment", async () => {
  const session = await on.create({ identityIds: ["ada"], initialUrl: `${on.site.url}/statements` });
  for (let round = 1; round <= 3; round += 1) {
    const browser = await chromium.connectOverCDP(on.addressOf(session));
    await browser.contexts()[0]?.pages()[0]?.getByRole("link", { name: /PDF/ }).nth(round).click();
    await browser.close();
    await expect.poll(() => on.api.deps.sessions.files("default", session.id)).toHaveLength(round);
  }
});

test("a session that is to have no downloads has none, whatever its client says", async () => {
  const session = await on.create({ downloads: "deny", initialUrl: on.site.url });
  const browser = await puppeteer.connect({ browserWSEndpoint: on.addressOf(session) });
  const [page] = await browser.pages();
  const cdp = await browser.target().createCDPSession();
  const canceled = Promise.withResolvers<unknown>();
  cdp.on("Browser.downloadProgress", ({ state }) => state !== "inProgress" && canceled.resolve(state));
  await cdp.send("Browser.setDownloadBehavior", {
    behavior: "allow",
    downloadPath: "/tmp",
    eventsEnabled: true,
  });
  await page?.evaluate(() => {
    const href = URL.createObjectURL(new Blob(["unwanted"]));
    Object.assign(document.createElement("a"), { download: "note.txt", href }).click();
  });
  expect(await canceled.promise).toBe("canceled");
  expect(await on.api.deps.sessions.files("default", session.id)).toEqual([]);
  await browser.disconnect();
});

test("a client that closes the last page leaves the next one a new page", async () => {
  const session = await on.create();
  const first = await puppeteer.connect({ browserWSEndpoint: on.addressOf(session) });
  for (const page of await first.pages()) await page.close();
  await first.disconnect();
  const second = await puppeteer.connect({ browserWSEndpoint: on.addressOf(session) });
  await expect.poll(async () => (await second.pages()).map((page) => page.url())).toEqual(["about:blank"]);
  await second.disconnect();
});

interface Client extends AsyncDisposable {
  send(method: string, params?: object, sessionId?: string): Promise<Record<string, unknown>>;
}

async function connect(address: string): Promise<Client> {
  const socket = new WebSocket(address);
  const answers = new Map<number, (result: Record<string, unknown>) => void>();
  let lastId = 0;
  socket.on("message", (data: Buffer) => {
    const { id, result } = JSON.parse(data.toString()) as { id?: number; result?: Record<string, unknown> };
    if (id !== undefined) answers.get(id)?.(result ?? {});
  });
  await once(socket, "open");
  return {
    send(method, params = {}, sessionId) {
      const id = (lastId += 1);
      return new Promise((resolve) => {
        answers.set(id, resolve);
        socket.send(JSON.stringify({ id, method, params, sessionId }));
      });
    },
    async [Symbol.asyncDispose]() {
      socket.close();
      await once(socket, "close");
    },
  };
}
