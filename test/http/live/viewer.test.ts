import axe from "axe-core";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { WebSocket } from "ws";
import { Secret } from "../../../src/secret.ts";
import type { SessionScope } from "../../../src/session/tokens.ts";
import type { SessionRecord } from "../../../src/session/types.ts";
import { openTestApi, type TestApi } from "../../support/api.ts";
import { assertNoChromiumLeft, launchChromium } from "../../support/chromium.ts";
import { startLiveSite } from "../../support/live-site.ts";
import { openTestParts, type TestParts } from "../../support/parts.ts";
import { startProxy } from "../../support/tcp-proxy.ts";
import type { TestServer } from "../../support/web-server.ts";

let site: TestServer;
let ground: TestParts;
let api: TestApi;
let service: string;
let session: SessionRecord;
/** Whoever drives the session over CDP. */
let driver: Browser;
let driven: Page;
/** Whoever looks at it. */
let viewers: Browser;
let viewing: BrowserContext;

beforeAll(async () => {
  site = await startLiveSite();
  ground = await openTestParts();
  api = await openTestApi(ground.parts);
  service = await api.app.listen({ host: "127.0.0.1", port: 0 });
  viewers = await launchChromium();
  session = await api.deps.sessions.create({
    project: "default",
    actor: "key:test",
    signal: new AbortController().signal,
  });
  const token = tokenOf("drive");
  driver = await chromium.connectOverCDP(
    `${service.replace("http", "ws")}/?apiKey=${token}&sessionId=${session.id}`,
    { noDefaults: true },
  );
});
beforeEach(async () => {
  const [context] = driver.contexts();
  const [first, ...others] = context?.pages() ?? [];
  for (const page of others) await page.close();
  if (first === undefined) throw new Error("The session has no page.");
  driven = first;
  await driven.goto(site.url);
  viewing = await viewers.newContext({ viewport: { width: 1_000, height: 800 } });
});
afterEach(async () => {
  await viewing.close();
});
afterAll(async () => {
  await driver.close();
  await viewers.close();
  await api[Symbol.asyncDispose]();
  await ground[Symbol.asyncDispose]();
  await site[Symbol.asyncDispose]();
  assertNoChromiumLeft();
});

function tokenOf(scope: SessionScope, id = session.id, project = "default"): string {
  return api.deps.sessionTokens.make({ id, project, scope, lifeMs: 60_000 }).reveal();
}

/** A viewer's page that has seen the session's. */
async function view(scope: SessionScope, context = viewing): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${service}/live/${session.id}?token=${tokenOf(scope)}`);
  await page.locator('body[data-state="live"]').waitFor();
  return page;
}

/** Where a point of the driven page lies in the viewer's. */
async function at(viewer: Page, x: number, y: number): Promise<[number, number]> {
  const box = await viewer.locator("#picture").boundingBox();
  const { width, height } = await driven.evaluate(() => ({ width: innerWidth, height: innerHeight }));
  if (box === null) throw new Error("There is no picture.");
  return [box.x + (x / width) * box.width, box.y + (y / height) * box.height];
}

const click = async (viewer: Page, x: number, y: number) => viewer.mouse.click(...(await at(viewer, x, y)));

/** The colour of the picture at a fraction of it. */
const colourAt = (viewer: Page, x: number, y: number) =>
  viewer.locator("#picture").evaluate(
    (canvas: HTMLCanvasElement, [fx = 0, fy = 0]) => {
      const pixel = canvas.getContext("2d")?.getImageData(canvas.width * fx, canvas.height * fy, 1, 1).data;
      return [...(pixel ?? [])].slice(0, 3).map((value) => Math.round(value / 64) * 64);
    },
    [x, y],
  );

test("a page shows the session's page, takes the token out of its address, and can be loaded again", async () => {
  await driven.goto(`${site.url}/second?secret=1`);
  const requests: string[] = [];
  viewing.on("request", (request) => requests.push(request.url()));
  const viewer = await view("view");
  await expect.poll(() => colourAt(viewer, 0.5, 0.5)).toEqual([0, 0, 256]);
  expect(viewer.url()).toBe(`${service}/live/${session.id}`);
  await expect.poll(() => viewer.locator("#address").inputValue()).toBe(`${site.url}/second`);
  expect(await viewer.locator("#scope").textContent()).toBe("Read-only");
  expect(await viewer.title()).toContain("Second");
  await viewer.reload();
  await viewer.locator('body[data-state="live"]').waitFor();
  expect(requests.slice(1).filter((url) => url.includes("token"))).toEqual([]);
  expect(requests.every((url) => url.startsWith(service) || url.startsWith("blob:"))).toBe(true);
});

test("mouse, keys, wheel and paste of one who drives reach the page as a person's would", async () => {
  const viewer = await view("drive");
  await click(viewer, 50, 35);
  await viewer.keyboard.type("Ada Løvelace");
  await expect.poll(() => driven.locator("#name").inputValue()).toBe("Ada Løvelace");
  await viewer.keyboard.press("Control+A");
  await viewer.keyboard.press("Delete");
  await expect.poll(() => driven.locator("#name").inputValue()).toBe("");
  await viewer.keyboard.press("Tab");
  await viewer.keyboard.type("hush");
  await expect.poll(() => driven.locator("#password").inputValue()).toBe("hush");
  await viewer.locator("#keys").evaluate((field) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", " pasted");
    field.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
  });
  await expect.poll(() => driven.locator("#password").inputValue()).toBe("hush pasted");
  await viewer.mouse.dblclick(...(await at(viewer, 50, 335)));
  await expect.poll(() => driven.title()).toBe("double");
  await viewer.mouse.wheel(0, 400);
  await expect.poll(() => driven.evaluate(() => scrollY)).toBeGreaterThan(100);
  const events = await driven.evaluate(() => (window as unknown as { events: string[] }).events);
  expect(events).toEqual(expect.arrayContaining(["click:name", "keydown:name:A", "paste:password"]));
});

test("pop-ups of the page's controls are the viewer's own, in frames of other sites too", async () => {
  const viewer = await view("drive");
  await click(viewer, 50, 135);
  const options = viewer.getByRole("option");
  await expect.poll(() => options.allTextContents()).toEqual(["red", "orange", "blue", "green"]);
  await options.getByText("blue").click();
  await expect.poll(() => driven.locator("#colour").inputValue()).toBe("blue");
  const events = await driven.evaluate(() => (window as unknown as { events: string[] }).events);
  expect(events).toContain("change:colour");
  // From the keyboard alone.
  await viewer.keyboard.press("Space");
  await expect.poll(() => options.count()).toBe(4);
  await viewer.keyboard.press("ArrowDown");
  await viewer.keyboard.press("Enter");
  await expect.poll(() => driven.locator("#colour").inputValue()).toBe("green");

  await click(viewer, 50, 185);
  await viewer.getByLabel("Value").fill("2026-11-21");
  await viewer.getByRole("button", { name: "Set" }).click();
  await expect.poll(() => driven.locator("#day").inputValue()).toBe("2026-11-21");

  const frame = driven.frameLocator("iframe");
  await click(viewer, 400 + 50, 20 + 45);
  await viewer.getByRole("option", { name: "two" }).click();
  await expect.poll(() => frame.locator("#inner").inputValue()).toBe("two");
  await click(viewer, 400 + 50, 20 + 90);
  await viewer.keyboard.type("deep");
  await expect.poll(() => frame.locator("#deep").inputValue()).toBe("deep");
});

test("a dialog is answered by one who drives, and a file chooser is said to be of no use", async () => {
  // A client that listens for dialogs leaves them open.
  driven.on("dialog", () => undefined);
  const viewer = await view("drive");
  await click(viewer, 50, 235);
  await viewer.getByText("Your name?").waitFor();
  await viewer.getByLabel("Answer").fill("Grace");
  await viewer.getByRole("button", { name: "OK" }).click();
  await expect.poll(() => driven.title()).toBe("Grace");
  await click(viewer, 60, 285);
  await expect.poll(() => viewer.locator("#status").textContent()).toContain("asks for a file");
});

test("one who sends more than the page keeps up with is shown the door; moves are passed over", async () => {
  driven.on("dialog", () => undefined);
  const come = async () => {
    const socket = await connect(tokenOf("drive"));
    const live = Promise.withResolvers<void>();
    const closed = Promise.withResolvers<number>();
    socket.on("message", (_data, isBinary) => isBinary && live.resolve());
    socket.on("close", (code) => closed.resolve(code));
    await live.promise;
    const send = (message: object, times = 1) => {
      for (let sent = 0; sent < times; sent += 1) socket.send(JSON.stringify(message));
    };
    return { socket, send, closed: closed.promise };
  };
  const [moving, hasty, wordy] = [await come(), await come(), await come()];
  // Nothing that is sent to a page with a dialog is answered before that is closed.
  const opening = driven.waitForEvent("dialog");
  const asked = driven.evaluate(() => prompt("Anybody?"));
  asked.catch(() => undefined);
  await opening;
  moving.send({ type: "mouse", kind: "move", x: 0.5, y: 0.5 }, 2_000);
  hasty.send({ type: "paste", text: "x" }, 240);
  wordy.send({ type: "paste", text: "x".repeat(100_000) }, 60);
  expect(await Promise.all([hasty.closed, wordy.closed])).toEqual([1_008, 1_008]);
  expect(moving.socket.readyState).toBe(WebSocket.OPEN);
  // The browser closes the dialog when a connection to the page does.
  moving.send({ type: "answer", accept: true });
  await asked;
  moving.socket.terminate();
});

test("a tab that opens is shown, and when it closes the one before", async () => {
  const viewer = await view("drive");
  await click(viewer, 30, 380);
  await expect.poll(() => colourAt(viewer, 0.5, 0.5)).toEqual([0, 0, 256]);
  const tabs = viewer.getByRole("tab");
  await expect.poll(() => tabs.allTextContents()).toEqual(["Form", "Second"]);
  await tabs.getByText("Form").click();
  await expect.poll(() => colourAt(viewer, 0.9, 0.9)).toEqual([256, 256, 256]);
  await viewer.getByRole("button", { name: "Close Second" }).click();
  await expect.poll(() => tabs.allTextContents()).toEqual(["Form"]);
  await viewer.getByLabel("Address of the page").fill(`${site.url}/second`);
  await viewer.keyboard.press("Enter");
  await expect.poll(() => driven.title()).toBe("Second");
  await viewer.getByRole("button", { name: "Back" }).click();
  await expect.poll(() => driven.title()).toBe("Form");
  await viewer.getByLabel("Address of the page").fill("file:///etc/passwd");
  await viewer.keyboard.press("Enter");
  await expect.poll(() => viewer.locator("#status").textContent()).toContain("no address of the web");
});

test("fingers tap, scroll and drag", async () => {
  const phone = await viewers.newContext({
    viewport: { width: 390, height: 700 },
    hasTouch: true,
    isMobile: true,
  });
  const viewer = await view("drive", phone);
  expect(await viewer.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  await viewer.touchscreen.tap(...(await at(viewer, 50, 35)));
  await expect
    .poll(() => driven.evaluate(() => (window as unknown as { events: string[] }).events))
    .toContain("click:name");
  expect(await viewer.getByRole("button", { name: "Keyboard" }).isVisible()).toBe(true);
  const [x, y] = await at(viewer, 600, 500);
  const cdp = await phone.newCDPSession(viewer);
  const touch = (type: string, toY?: number) =>
    cdp.send("Input.dispatchTouchEvent", {
      type: type as "touchStart",
      touchPoints: toY === undefined ? [] : [{ x, y: toY }],
    });
  await touch("touchStart", y);
  for (let moved = 10; moved <= 60; moved += 10) await touch("touchMove", y - moved);
  await touch("touchEnd");
  await expect.poll(() => driven.evaluate(() => scrollY)).toBeGreaterThan(50);
  await phone.close();
});

test("one who may only look is refused what acts, whatever their page", async () => {
  const viewer = await view("view");
  await click(viewer, 50, 35);
  await viewer.keyboard.type("x");
  const closed = Promise.withResolvers<number>();
  const socket = await connect(tokenOf("view"));
  socket.on("close", (code) => closed.resolve(code));
  socket.send(JSON.stringify({ type: "mouse", kind: "down", x: 0.1, y: 0.1, button: "left", clicks: 1 }));
  expect(await closed.promise).toBe(1_008);
  expect(await driven.evaluate(() => (window as unknown as { events: string[] }).events)).toEqual([]);
});

test("a person of whom nothing is known acts in the page, and neither goes elsewhere nor comes in over CDP", async () => {
  const viewer = await view("act");
  await click(viewer, 50, 35);
  await viewer.keyboard.type("Ada");
  await expect.poll(() => driven.locator("#name").inputValue()).toBe("Ada");
  expect(await viewer.getByLabel("Address of the page").getAttribute("readonly")).toBe("");
  const closed = Promise.withResolvers<number>();
  const socket = await connect(tokenOf("act"));
  socket.on("close", (code) => closed.resolve(code));
  socket.send(JSON.stringify({ type: "go", to: { url: `${site.url}/second` } }));
  expect(await closed.promise).toBe(1_008);
  expect(driven.url()).toBe(`${site.url}/`);
  const overCdp = `${service.replace("http", "ws")}/?apiKey=${tokenOf("act")}&sessionId=${session.id}`;
  await expect(chromium.connectOverCDP(overCdp)).rejects.toThrow(/403/);
});

test("the viewer's page is as axe would have it, in its states and looks", async () => {
  const audit = async (page: Page) => {
    await page.evaluate(axe.source);
    const { violations } = await page.evaluate(() =>
      (window as unknown as { axe: typeof axe }).axe.run({
        runOnly: ["wcag2a", "wcag2aa", "wcag22aa", "best-practice"],
      }),
    );
    expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
  };
  for (const colorScheme of ["light", "dark"] as const) {
    const context = await viewers.newContext({ colorScheme, viewport: { width: 400, height: 700 } });
    const viewer = await view("drive", context);
    await audit(viewer);
    await click(viewer, 50, 135);
    await viewer.getByRole("option").first().waitFor();
    await audit(viewer);
    const looking = await view("view", context);
    await audit(looking);
    const incomplete = await context.newPage();
    await incomplete.goto(`${service}/live/${session.id}`);
    await incomplete.locator('body[data-state="refused"]').waitFor();
    await audit(incomplete);
    await context.close();
  }
});

function connect(
  token: string,
  options: { id?: string; origin?: string | undefined } = {},
): Promise<WebSocket> {
  const { id = session.id, origin = service } = options;
  const socket = new WebSocket(
    `${service.replace("http", "ws")}/live/${id}/socket`,
    ["latchkey.live", token],
    origin === undefined ? {} : { origin },
  );
  const { promise, resolve, reject } = Promise.withResolvers<WebSocket>();
  socket.on("open", () => resolve(socket));
  socket.on("unexpected-response", (_request, { statusCode }) => {
    reject(new Error(String(statusCode)));
    socket.terminate();
  });
  socket.on("error", () => undefined);
  return promise;
}
const statusOf = async (token: string, options: { id?: string; origin?: string | undefined } = {}) => {
  try {
    (await connect(token, options)).terminate();
    return 101;
  } catch (error) {
    return Number((error as Error).message);
  }
};

test("there is nothing for who has no good token, before any upgrade", async () => {
  const good = tokenOf("view");
  const other = "00000000-0000-4000-8000-000000000000";
  expect(await statusOf(good)).toBe(101);
  expect(await statusOf(good, { id: other })).toBe(404);
  expect(await statusOf(tokenOf("view", other), { id: other })).toBe(404);
  expect(await statusOf(tokenOf("drive", session.id, "other"))).toBe(404);
  expect(await statusOf(`${good}x`)).toBe(404);
  expect(await statusOf("x")).toBe(404);
  expect(await statusOf(good, { origin: "https://evil.example" })).toBe(403);

  const page = (query: string, id = session.id) =>
    api.app.inject({ url: `/live/${id}${query}`, headers: { accept: "text/html" } });
  expect((await page(`?token=${good}`)).statusCode).toBe(200);
  expect((await page(`?token=${good}`, other)).statusCode).toBe(404);
  expect((await page("?token=x")).body).toContain("nothing to see");
  const { headers } = await page(`?token=${good}`);
  expect(headers["referrer-policy"]).toBe("no-referrer");
  expect(headers["cache-control"]).toBe("no-store");
  expect(headers["content-security-policy"]).toContain("default-src 'none'");
  expect(headers["content-security-policy"]).toMatch(/frame-ancestors 'self'$/);
  const once = api.deps.sessionTokens
    .make({ id: session.id, project: "default", scope: "view", lifeMs: 60_000, once: true })
    .reveal();
  expect((await page(`?token=${once}`)).statusCode).toBe(200);
  expect(await statusOf(once)).toBe(101);
  expect(await statusOf(once)).toBe(404);
  for (const token of [good, once]) expect(ground.logged()).not.toContain(token);
});

test("a slow viewer gets few frames, the last one true; a viewer that was cut off comes again by itself", async () => {
  await driven.goto(`${site.url}/busy`);
  const socket = await connect(tokenOf("view"));
  const frames: { n: number; jpeg: Buffer }[] = [];
  socket.on("message", (data: Buffer, isBinary) => {
    if (!isBinary) return;
    const length = data.readUInt32BE(0);
    const { n } = JSON.parse(data.subarray(4, 4 + length).toString()) as { n: number };
    frames.push({ n, jpeg: data.subarray(4 + length) });
  });
  await expect.poll(() => frames.length).toBe(1);
  await driven.evaluate(() => (window as unknown as { go(ms: number): void }).go(1_500));
  await expect.poll(() => driven.title()).toBe("still");
  // Two may be on their way; neither was said to be shown.
  expect(frames).toHaveLength(2);
  for (const { n } of frames) socket.send(JSON.stringify({ type: "shown", n }));
  const green = async () => {
    const last = frames.at(-1)?.jpeg.toString("base64") ?? "";
    for (const { n } of frames.slice(-1)) socket.send(JSON.stringify({ type: "shown", n }));
    const page = await viewing.newPage();
    const colour = await page.evaluate(async (jpeg) => {
      const picture = await createImageBitmap(await (await fetch(`data:image/jpeg;base64,${jpeg}`)).blob());
      const context = new OffscreenCanvas(picture.width, picture.height).getContext("2d");
      context?.drawImage(picture, 0, 0);
      return [...(context?.getImageData(100, 100, 1, 1).data ?? [])].slice(0, 3);
    }, last);
    await page.close();
    return colour.map((value) => Math.round(value / 64) * 64);
  };
  await expect.poll(green).toEqual([0, 256, 0]);
  socket.terminate();

  await using proxy = await startProxy(new Secret(service));
  const viewer = await viewing.newPage();
  await viewer.goto(new URL(`/live/${session.id}?token=${tokenOf("view")}`, proxy.url.reveal()).href);
  await viewer.locator('body[data-state="live"]').waitFor();
  proxy.cut();
  await viewer.locator('body[data-state="lost"]').waitFor();
  proxy.resume();
  await viewer.locator('body[data-state="live"]').waitFor();
});

test("when the session ends the viewer is told", async () => {
  const own = await api.deps.sessions.create({
    project: "default",
    actor: "key:test",
    signal: new AbortController().signal,
  });
  const page = await viewing.newPage();
  await page.goto(`${service}/live/${own.id}?token=${tokenOf("view", own.id)}`);
  await page.locator('body[data-state="live"]').waitFor();
  await api.deps.sessions.end("default", own.id);
  await page.getByText("The session has ended.").first().waitFor();
  await page.reload();
  await expect
    .poll(() => page.locator("#status").textContent())
    .toContain("There is nothing to see by this link");
});
