import { sql } from "kysely";
import { chromium } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { practiceUsers } from "../../practice/site.ts";
import { openTestApi } from "../support/api.ts";
import { latchkey } from "../support/cli.ts";
import { addPracticeIdentity } from "../support/parts.ts";
import { openSessionGround, type SessionGround } from "../support/session-ground.ts";

let on: SessionGround;

beforeAll(async () => {
  on = await openSessionGround();
});
afterEach(() => on.clear());
afterAll(() => on[Symbol.asyncDispose]());

test("a session without an identity is a browser with one blank page of the size asked for", async () => {
  const session = await on.create({ viewport: { width: 900, height: 700 }, tags: ["a", "b"] });
  expect(session).toMatchObject({ status: "running", identities: [], tags: ["a", "b"], endedAt: null });
  const browser = await chromium.connectOverCDP(on.addressOf(session), { noDefaults: true });
  const [page, ...others] = browser.contexts()[0]?.pages() ?? [];
  expect(others).toEqual([]);
  expect(await page?.evaluate(() => [innerWidth, innerHeight])).toEqual([900, 700]);
  await browser.close();
  const ended = await on.end(session);
  expect(ended).toMatchObject({ status: "ended", endedBy: "client", code: null });
  expect(await on.end(session)).toEqual(ended);
});

test("an identity is signed in with its second factor, and again from what was saved", async () => {
  const first = await on.create({ identityIds: ["ada"] });
  expect(first.identities).toMatchObject([{ status: "authenticated", runId: first.id }]);
  const browser = await chromium.connectOverCDP(on.addressOf(first));
  const page = browser.contexts()[0]?.pages()[0];
  expect(await page?.title()).toContain("Your account");
  // No form of the login can be sent again from its history, and read on the way.
  const cdp = page === undefined ? undefined : await page.context().newCDPSession(page);
  const { entries = [] } = (await cdp?.send("Page.getNavigationHistory")) ?? {};
  expect(entries.map(({ url }) => url).filter((url) => url.includes("/login"))).toEqual([]);
  await browser.close();
  // The next client finds the page as it was left.
  const again = await chromium.connectOverCDP(on.addressOf(first));
  expect(again.contexts()[0]?.pages()).toHaveLength(1);
  await again.close();
  await expect(on.create({ identityIds: ["ada"] })).rejects.toMatchObject({ code: "identity_busy" });
  await on.end(first);
  const { runs } = await on.ground.parts.store();
  expect((await runs.get("default", first.id)).outcome).toMatchObject({ result: { endedBy: "client" } });

  const { logins } = on.site.counters;
  const second = await on.create({ identityIds: ["ada"] });
  expect(on.site.counters.logins).toBe(logins);
  expect(second.identities).toMatchObject([{ status: "authenticated" }]);
});

test("two identities of two sites are signed in in one browser, and each keeps its own part of it", async () => {
  const session = await on.create({ identityIds: ["ada", "ben"] });
  expect(session.identities.map(({ status }) => status)).toEqual(["authenticated", "authenticated"]);
  const browser = await chromium.connectOverCDP(on.addressOf(session));
  const [page, ...others] = browser.contexts()[0]?.pages() ?? [];
  expect(others).toEqual([]);
  for (const [url, { username }] of [
    [on.site.url, practiceUsers[0]],
    [on.otherSiteUrl, practiceUsers[1]],
  ] as const) {
    await page?.goto(url);
    expect(await page?.textContent("body")).toContain(username);
  }
  await browser.close();
  await on.end(session);
  const { identities } = await on.ground.parts.store();
  for (const [name, host] of [
    ["ada", "127.0.0.1"],
    ["ben", "localhost"],
  ] as const) {
    const { id } = await identities.get("default", name);
    const { cookies } = (await identities.loadState(id))?.state ?? {};
    const hosts = new Set(cookies?.map((cookie) => (cookie as { domain: string }).domain));
    expect([...hosts], name).toEqual([host]);
  }
  // Alone again, each is signed in by what was saved.
  const { logins } = on.site.counters;
  await on.create({ identityIds: ["ben"] });
  await on.create({ identityIds: ["ada"] });
  expect(on.site.counters.logins).toBe(logins);
});

test("two identities of one site are refused, and so is what no browser should be asked for", async () => {
  await addPracticeIdentity(on.ground.parts, on.site.url, practiceUsers[1], { name: "ben here" });
  for (const request of [
    { identityIds: ["ada", "ben here"] },
    { initialUrl: "file:///etc/passwd" },
    { proxy: { server: "http://user:password@proxy:8080" } },
    { viewport: { width: 1, height: 700 } },
    { idleMinutes: 0 },
  ])
    await expect(on.create(request), JSON.stringify(request)).rejects.toMatchObject({
      code: "invalid_argument",
    });
  await expect(on.create({ identityIds: ["nobody"] })).rejects.toMatchObject({ code: "unknown_identity" });
  await expect(on.create({ profile: { name: "none", persist: false } })).rejects.toMatchObject({
    code: "not_found",
  });
});

test("a refused password ends the opening with one submit, and is told with the identity", async () => {
  await addPracticeIdentity(on.ground.parts, on.site.url, practiceUsers[1], {
    name: "wrong",
    password: "not-it-9",
  });
  const { passwordSubmits } = on.site.counters;
  await expect(on.create({ identityIds: ["wrong"], tags: ["refused"] })).rejects.toMatchObject({
    code: "invalid_credentials",
  });
  expect(on.site.counters.passwordSubmits).toBe(passwordSubmits + 1);
  const { sessions } = await on.api.deps.sessions.list("default", { tags: ["refused"] });
  expect(sessions).toMatchObject([
    {
      status: "failed",
      code: "invalid_credentials",
      identities: [{ status: "failed", code: "invalid_credentials" }],
    },
  ]);
});

test("with its validation skipped, a saved state is loaded and no page is asked for", async () => {
  await on.end(await on.create({ identityIds: ["ada"] }));
  on.site.expireSessions();
  const { logins } = on.site.counters;
  const session = await on.create({ identityIds: ["ada"], skipValidation: true, saveState: false });
  expect(on.site.counters.logins).toBe(logins);
  expect(session.identities).toMatchObject([{ status: "authenticated" }]);
});

test("it ends when nobody was connected for its idle time, and not while somebody is", async () => {
  const idleMinutes = 0.6 / 60;
  const session = await on.create({ idleMinutes });
  const browser = await chromium.connectOverCDP(on.addressOf(session));
  const gone = Date.now() + 1_500;
  while (Date.now() < gone) await browser.contexts()[0]?.pages()[0]?.evaluate("1");
  expect(await on.api.deps.sessions.get("default", session.id)).toMatchObject({ status: "running" });
  await browser.close();
  await expect
    .poll(() => on.api.deps.sessions.get("default", session.id))
    .toMatchObject({ status: "ended", endedBy: "idle" });
});

test("it ends when its time is up, whoever is connected", async () => {
  const session = await on.create({ maxMinutes: 2 / 60, idleMinutes: null });
  const browser = await chromium.connectOverCDP(on.addressOf(session));
  const left = new Promise((resolve) => browser.once("disconnected", resolve));
  await left;
  await expect
    .poll(() => on.api.deps.sessions.get("default", session.id))
    .toMatchObject({ status: "ended", endedBy: "time limit" });
});

test("a profile that is kept has, in its next session, what was left in the one before", async () => {
  const first = await on.create({ profile: { name: "by hand", persist: true }, initialUrl: on.site.url });
  const browser = await chromium.connectOverCDP(on.addressOf(first));
  const page = browser.contexts()[0]?.pages()[0];
  await page?.context().addCookies([{ name: "by-hand", value: "1", url: on.site.url }]);
  await page?.evaluate(() => {
    localStorage.setItem("kept", "yes");
    sessionStorage.setItem("tab", "too");
  });
  await browser.close();
  await on.end(first);

  const second = await on.create({ profile: { name: "by hand", persist: false }, initialUrl: on.site.url });
  const again = await chromium.connectOverCDP(on.addressOf(second));
  const found = again.contexts()[0]?.pages()[0];
  expect((await found?.context().cookies())?.map(({ name }) => name)).toContain("by-hand");
  expect(await found?.evaluate(() => [localStorage.getItem("kept"), sessionStorage.getItem("tab")])).toEqual([
    "yes",
    "too",
  ]);
  await again.close();
  const { database } = await on.ground.parts.store();
  const { rows } = await sql<{ sealed: Buffer }>`select sealed from profiles`.execute(database.kysely);
  expect(rows.map(({ sealed }) => sealed.toString("latin1")).join("")).not.toContain("by-hand");
});

test("a session is ended from elsewhere: by another server, or from the command line", async () => {
  await using other = await openTestApi(on.ground.another());
  const first = await on.create({ identityIds: ["ada"] });
  await expect(other.deps.sessions.live("default", first.id)).rejects.toMatchObject({ code: "conflict" });
  expect(await other.deps.sessions.end("default", first.id)).toMatchObject({ endedBy: "client" });
  expect(await other.deps.sessions.live("default", first.id).catch((error: unknown) => error)).toMatchObject({
    code: "session_ended",
  });

  const second = await on.create();
  const listed = await latchkey(["sessions", "list"], on.ground.environment);
  expect(listed.stdout).toContain(second.id);
  const ended = await latchkey(["sessions", "end", second.id.slice(0, 8)], on.ground.environment);
  expect(ended.stdout).toContain("ended by client");
  expect(await on.api.deps.sessions.get("default", second.id)).toMatchObject({ status: "ended" });
});

test("an identity that is not to be written keeps the state it had", async () => {
  await on.end(await on.create({ identityIds: ["ada"] }));
  const { identities } = await on.ground.parts.store();
  const { id } = await identities.get("default", "ada");
  const cookies = async () =>
    (await identities.loadState(id))?.state.cookies.map((cookie) => (cookie as { name: string }).name);
  const leaveMark = async (name: string) => {
    const session = await on.create({ identityIds: ["ada"] });
    const browser = await chromium.connectOverCDP(on.addressOf(session));
    const mark = { name, value: "1", url: on.site.url, expires: Date.now() / 1_000 + 600 };
    await browser.contexts()[0]?.addCookies([mark]);
    await browser.close();
    await on.end(session);
  };
  await latchkey(["identities", "update", "ada", "--no-save-sessions"], on.ground.environment);
  await leaveMark("thrown-away");
  await latchkey(["identities", "update", "ada", "--save-sessions"], on.ground.environment);
  await leaveMark("kept");
  expect(await cookies()).toContain("kept");
  expect(await cookies()).not.toContain("thrown-away");
});
