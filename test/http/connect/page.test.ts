import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import { sql } from "kysely";
import {
  type Browser,
  type BrowserContextOptions,
  chromium,
  type FrameLocator,
  type Page,
} from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type PracticeSite, startPracticeSite } from "../../../practice/site.ts";
import { type Service, startService } from "../../../src/main.ts";
import { openTestApi, type TestApi } from "../../support/api.ts";
import { launchChromium } from "../../support/chromium.ts";
import { addApplication, makeToken } from "../../support/connect.ts";
import { type ConnectState, connectStates, shows, walkConnectStates } from "../../support/connect-states.ts";
import { openTestParts, type TestParts } from "../../support/parts.ts";
import { codeOf } from "../../support/practice-login.ts";
import { quickUser } from "../../support/runs.ts";
import { startServer, type TestServer } from "../../support/web-server.ts";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const { username, password } = quickUser;

let ground: TestParts;
let api: TestApi;
let base: string;
let site: PracticeSite;
let worker: Service;
let browser: Browser;
/** Pages of the site that were asked for. */
const visited: string[] = [];
/** Somebody's page that has `connect.js` in it. */
let embedder: TestServer;
beforeAll(async () => {
  [ground, site, browser] = await Promise.all([
    openTestParts(),
    startPracticeSite({
      users: [quickUser],
      options: { onVisit: ({ method, url }) => void (method === "GET" && visited.push(url)) },
    }),
    launchChromium(),
  ]);
  api = await openTestApi(ground.parts);
  base = await api.app.listen({ host: "127.0.0.1", port: 0 });
  worker = await startService(ground.parts, new Set(["worker"]));
  embedder = await startServer((request, response) => {
    if (request.url?.startsWith("/callback") === true)
      return void response.end("<!doctype html><title>Callback</title>");
    response.setHeader("content-type", "text/html");
    response.end(
      `<!doctype html><title>Shop</title><script src="${base}/connect.js"></script><button>Connect</button>`,
    );
  });
});
afterAll(async () => {
  await browser.close();
  await worker.stop(0);
  await api[Symbol.asyncDispose]();
  await ground[Symbol.asyncDispose]();
  await site.close();
  await embedder[Symbol.asyncDispose]();
});
beforeEach(() => site.reset());

async function openPage(options: BrowserContextOptions = {}): Promise<Page & AsyncDisposable> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  return Object.assign(page, { [Symbol.asyncDispose]: () => context.close() });
}

async function newLink(
  more: Parameters<typeof makeToken>[2] = {},
  frameOrigins: string[] = [],
): Promise<string> {
  const { id } = await addApplication(ground.parts, { url: `${site.url}/`, frameOrigins });
  return `${base}/identity/create?token=${await makeToken(ground.parts, id, { callbackUrl: `${embedder.url}/callback`, ...more })}`;
}

const scheme = { light: "light", dark: "dark" } as const;
/** How else each state is to be fit for everybody. */
const looks = [
  { colour: scheme.light, width: 1_000, lang: "en" },
  { colour: scheme.dark, width: 1_000, lang: "en" },
  { colour: scheme.light, width: 320, lang: "de" },
  { colour: scheme.dark, width: 360, lang: "ar" },
];

test("nobody is kept from any state of the page, light or dark, on a small screen, from right to left", {
  timeout: 120_000,
}, async () => {
  await using page = await openPage();
  const { authFlows, database } = await ground.parts.store();
  const application = await addApplication(ground.parts, { url: `${site.url}/` });
  await authFlows.create(
    "default",
    application.id,
    {
      name: "With a company number",
      methods: ["username_password", "authenticator", "custom"],
      customFields: [{ name: "Company number" }],
    },
    { name: "test" },
  );
  await page.route("https://app.example/**", (route) => route.fulfill({ status: 204 }));
  const seen = new Map<ConnectState, string[]>();
  const foreign: string[] = [];
  page.on("request", (request) => {
    if (!/^(?:data|blob):/.test(request.url()) && !request.url().startsWith(base))
      foreign.push(request.url());
  });
  const console: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().includes("status of 410")) console.push(message.text());
  });
  await walkConnectStates({
    page,
    site,
    async at(state) {
      const found: string[] = [];
      for (const { colour, width, lang } of looks) {
        await page.emulateMedia({ colorScheme: colour, reducedMotion: "reduce" });
        await page.setViewportSize({ width, height: 800 });
        await openIn(page, lang);
        await shows(page, state);
        found.push(...(await violations(page)).map((fault) => `${colour} ${width} ${lang}: ${fault}`));
        const tooWide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
        if (tooWide) found.push(`${lang} ${width}: wider than the window`);
      }
      await openIn(page, "en");
      seen.set(state, found);
    },
    async linkTo(kind) {
      const link = `${base}/identity/create?token=${await makeToken(ground.parts, application.id, { withCode: kind === "recovery" })}`;
      if (kind === "expired")
        await sql`update connect_tokens set expires_at = now() where used_at is null`.execute(
          database.kysely,
        );
      return link;
    },
  });
  expect(Object.fromEntries(seen)).toEqual(Object.fromEntries(connectStates.map((state) => [state, []])));
  expect(foreign.filter((url) => !url.startsWith("https://app.example/"))).toEqual([]);
  expect(console).toEqual([]);
});

test("everything can be done with the keyboard alone, and the focus is where one goes on", async () => {
  await using page = await openPage();
  await page.goto(await newLink());
  // A browser moves the focus at its next picture, which may be after the page is loaded.
  const focused = () =>
    page.evaluate(() => document.activeElement?.id || document.activeElement?.textContent?.trim());
  await expect.poll(focused).toBe("username");
  await page.keyboard.type(username);
  await page.keyboard.press("Tab");
  await page.keyboard.type("wrong");
  // Past the button that shows it, which says so, to the one that sends it.
  await page.keyboard.press("Tab");
  await expect.poll(focused).toBe("Show");
  await page.keyboard.press("Space");
  expect(await page.locator("#password").getAttribute("type")).toBe("text");
  await page.locator("#password").press("Enter");
  await shows(page, "refused");
  // What the site said is read out first; the next stop is the form.
  await expect.poll(focused).toBe("alert");
  await page.keyboard.press("Tab");
  await expect.poll(focused).toBe("username");
  await page.keyboard.press("Tab");
  await page.keyboard.type(password);
  await page.keyboard.press("Enter");
  await shows(page, "code");
  await expect.poll(focused).toBe("code");
  await page.keyboard.type(await codeOf(quickUser));
  await page.keyboard.press("Enter");
  await expect.poll(() => page.url()).toMatch(/\/callback\?.*status=success/);
});

test("what is wrong with a field is told at the field, and the focus goes there", async () => {
  await using page = await openPage();
  await page.goto(await newLink());
  await page.getByLabel("Email or username").fill("ada");
  await page.getByRole("button", { name: "Sign in" }).click();
  const field = page.getByLabel("Password", { exact: true });
  await page.waitForFunction(() => document.activeElement?.id === "password");
  expect(await field.getAttribute("aria-invalid")).toBe("true");
  expect(
    await field.evaluate(
      (input) => document.getElementById(input.getAttribute("aria-describedby") ?? "")?.textContent,
    ),
  ).toBe("Fill this in.");
});

test("without scripts it goes the same way, from the link to the callback", async () => {
  await using page = await openPage({ javaScriptEnabled: false });
  site.switches.delayMs = 100;
  await page.goto(await newLink());
  expect(page.url()).not.toContain("token");
  await page.getByLabel("Email or username").fill(username);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Signing in to" }).waitFor();
  await typeCode(page);
  await expect.poll(() => page.url(), { timeout: 20_000 }).toMatch(/\/callback\?.*status=success/);
  expect(new URL(page.url()).searchParams.get("identityId")).toBe(
    new URL(page.url()).searchParams.get("identity_id"),
  );
});

test("in a popup of connect.js, the page that opened it is told, and nobody else", async () => {
  await using page = await openPage();
  await page.goto(embedder.url);
  const token = new URL(await newLink()).searchParams.get("token");
  await page.evaluate(() => {
    Object.assign(window, { heard: [] });
    addEventListener("message", ({ origin, data }) =>
      (window as unknown as { heard: unknown[] }).heard.push({ origin, data }),
    );
  });
  const opening = page.waitForEvent("popup");
  const answer = page.evaluate(
    (text) =>
      (window as unknown as { Latchkey: { connect(options: object): Promise<unknown> } }).Latchkey.connect({
        token: async () => text,
      }),
    token,
  );
  const popup = await opening;
  await signInAt(popup);
  expect(await answer).toEqual({ status: "success", identityId: expect.any(String) });
  expect(await page.evaluate(() => (window as unknown as { heard: unknown[] }).heard)).toEqual([
    { origin: base, data: { type: "identity-created", identityId: expect.any(String) } },
  ]);
  expect(popup.isClosed()).toBe(true);
});

test("a popup that is closed, and one that is cancelled, connect nothing", async () => {
  await using page = await openPage();
  for (const end of ["close", "cancel"] as const) {
    await page.goto(embedder.url);
    const token = new URL(await newLink()).searchParams.get("token");
    const opening = page.waitForEvent("popup");
    const answer = page.evaluate(
      (text) =>
        (window as unknown as { Latchkey: { connect(options: object): Promise<unknown> } }).Latchkey.connect({
          token: text,
        }),
      token,
    );
    const popup = await opening;
    await shows(popup, "form");
    await (end === "close" ? popup.close() : popup.getByRole("button", { name: "Cancel" }).click());
    expect(await answer).toEqual({ status: "cancelled" });
  }
});

test("in a frame it shows on the application's own pages, and on nobody else's", async () => {
  await using page = await openPage();
  const inFrame = async (origins: string[]) => {
    await page.goto(embedder.url);
    const token = new URL(await newLink({}, origins)).searchParams.get("token");
    const answer = page.evaluate(
      (text) =>
        (window as unknown as { Latchkey: { connect(options: object): Promise<unknown> } }).Latchkey.connect({
          token: text,
          mode: "frame",
        }),
      token,
    );
    await page.locator("dialog iframe").waitFor();
    return { answer, frame: page.frameLocator("dialog iframe") };
  };
  const { answer, frame } = await inFrame([embedder.url]);
  await frame.getByLabel("Email or username").fill(username);
  await frame.getByLabel("Password", { exact: true }).fill(password);
  await frame.getByRole("button", { name: "Sign in" }).click();
  await typeCode(frame);
  expect(await answer).toEqual({ status: "success", identityId: expect.any(String) });
  expect(await page.locator("dialog").count()).toBe(0);

  const refused = page.waitForEvent("console", (message) => message.text().includes("frame-ancestors"));
  const other = await inFrame(["https://elsewhere.example"]);
  other.answer.catch(() => {});
  await refused;
  expect(await other.frame.getByLabel("Email or username").count()).toBe(0);
});

test("signing in by hand, in a browser driven from the page, gives us no password and connects the account", async () => {
  await using page = await openPage({ viewport: { width: 1_200, height: 900 } });
  const url = await newLink();
  await page.goto(url);
  await page.getByRole("link", { name: "Sign in another way" }).click();
  await page.getByRole("button", { name: "Sign in yourself" }).click();
  await page.locator('body[data-state="yourself"]').waitFor();
  const live = page.frameLocator("iframe.live");
  await live.locator('body[data-state="live"]').waitFor();
  expect(await violations(page)).toEqual([]);
  // Whoever drives it comes to the site, and nowhere else in this machine's network.
  const [session] = (await api.deps.sessions.list("default", { statuses: ["running"] })).sessions;
  const { endpoint } = await api.deps.sessions.live("default", session?.id ?? "");
  const driven = await chromium.connectOverCDP(endpoint);
  const elsewhere = await driven.contexts()[0]?.newPage();
  expect((await elsewhere?.goto(`${site.url}/login`))?.status()).toBe(200);
  const asked = embedder.requests.length;
  expect((await elsewhere?.goto(embedder.at("localhost")))?.status()).toBeGreaterThanOrEqual(400);
  expect(embedder.requests).toHaveLength(asked);
  await elsewhere?.close();
  await driven.close();
  // Too soon: a fresh look sees nobody signed in, and the browser is still there.
  await page.getByRole("button", { name: "I am signed in" }).click();
  await page.getByText("You do not seem to be signed in yet").waitFor();
  await live.locator('body[data-state="live"]').waitFor();
  // The practice site has the focus where one types.
  await live.locator("#keys").focus();
  const typeAt = async (path: string, text: () => Promise<string> | string) => {
    await until(() => visited.at(-1) === path);
    // The site's page has to be there, and its field focused.
    await page.waitForTimeout(400);
    await page.keyboard.type(await text());
    await page.keyboard.press("Enter");
  };
  visited.push("/login");
  await typeAt("/login", () => username);
  await until(() => visited.at(-1) === "/login/password");
  await page.waitForTimeout(400);
  // Where the site has its field; the picture may be of another size.
  const picture = live.locator("#picture");
  const { width = 0, height = 0 } = (await picture.boundingBox()) ?? {};
  await picture.click({ position: { x: width / 2, y: height * 0.347 } });
  await typeAt("/login/password", () => password);
  await typeAt("/login/code", () => codeOf(quickUser));
  await until(() => site.counters.logins === 1);
  await page.getByRole("button", { name: "I am signed in" }).click();
  await expect.poll(() => page.url()).toMatch(/\/callback\?.*status=success/);
  const { identities } = await ground.parts.store();
  const id = new URL(page.url()).searchParams.get("identityId") ?? "";
  expect(await identities.get("default", id)).toMatchObject({
    status: "validated",
    credentials: [],
    stateCapturedAt: expect.any(Date),
  });
  expect(await api.deps.sessions.list("default", { statuses: ["running"] })).toMatchObject({ total: 0 });
});

async function until(isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error("it did not come to be");
    await new Promise((resolve) => {
      setTimeout(resolve, 50);
    });
  }
}

async function signInAt(page: Page): Promise<void> {
  await page.getByLabel("Email or username").fill(username);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await typeCode(page);
}

/** The code is made when it is asked for: an older one than was used last is refused. */
async function typeCode(page: Page | FrameLocator): Promise<void> {
  const field = page.getByLabel("Code", { exact: true });
  await field.waitFor();
  await field.fill(await codeOf(quickUser));
  await page.getByRole("button", { name: "Continue" }).click();
}

/** Opens the visit's page again, in another language; a page without a visit stays as it is. */
async function openIn(page: Page, lang: string): Promise<void> {
  const path = new URL(page.url()).pathname;
  if (!path.startsWith("/connect/")) return;
  const open = () => page.goto(`${base}${path}?lang=${lang}`);
  // A page that is done leaves for its callback, once: where that crosses our going, it has left by the next.
  await open().catch((error: Error) => {
    if (!error.message.includes("ERR_ABORTED")) throw error;
    return open();
  });
}

async function violations(page: Page): Promise<string[]> {
  const cdp = await page.context().newCDPSession(page);
  // The page's own policy allows no script but its own; the debugger's is not the page's.
  await cdp.send("Runtime.evaluate", { expression: axe });
  const { result } = await cdp.send("Runtime.evaluate", {
    expression:
      "axe.run(document, { resultTypes: ['violations'] }).then((found) => JSON.stringify(found.violations))",
    awaitPromise: true,
  });
  await cdp.detach();
  const found = JSON.parse(String(result.value)) as AxeResults["violations"];
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
  );
}
