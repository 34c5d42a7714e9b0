import assert from "node:assert/strict";
import { sql } from "kysely";
import { type Browser, chromium } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { type PracticeSite, practiceUsers, startPracticeSite } from "../../practice/site.ts";
import { openTestApi, type TestApi } from "../support/api.ts";
import { assertNoChromiumLeft, ownChromiums } from "../support/chromium.ts";
import { addPracticeIdentity, openTestParts, type TestParts } from "../support/parts.ts";
import { upgradeStatus } from "../support/web-socket.ts";

let site: PracticeSite;
let ground: TestParts;
let api: TestApi;
let service: string;
const opened: string[] = [];

beforeAll(async () => {
  site = await startPracticeSite();
  ground = await openTestParts();
  api = await openTestApi(ground.parts);
  service = await api.app.listen({ host: "127.0.0.1", port: 0 });
  await addPracticeIdentity(ground.parts, site.url, practiceUsers[0], { name: "ada" });
});
afterEach(async () => {
  // A test that failed half-way must not take the others with it.
  for (const id of opened.splice(0)) await end(id);
  await vi.waitFor(async () => assert.deepEqual(await left(), { browsers: 0, leases: 0 }), 10_000);
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await ground[Symbol.asyncDispose]();
  await site.close();
  assertNoChromiumLeft();
});

async function left(): Promise<{ browsers: number; leases: number }> {
  const { database } = await ground.parts.store();
  const { rows } = await sql`select 1 from leases where expires_at > now()`.execute(database.kysely);
  return { browsers: handedOut().length, leases: rows.length };
}

const handedOut = () =>
  ownChromiums().filter(({ command }) => /--remote-debugging-port/.test(command) && !/--type=/.test(command));

async function open(on = api, at = service): Promise<{ id: string; cdpUrl: string }> {
  const answer = await on.call({
    method: "POST",
    url: "/v1/debug-sessions",
    payload: { identityId: "ada" },
  });
  expect(answer.statusCode, answer.body).toBe(201);
  const { id, cdpUrl } = answer.json<{ id: string; cdpUrl: string }>();
  opened.push(id);
  const { pathname, search } = new URL(cdpUrl);
  return { id, cdpUrl: new URL(pathname + search, at.replace("http", "ws")).href };
}

const end = (id: string, query = "") =>
  api.call({ method: "DELETE", url: `/v1/debug-sessions/${id}${query}` });

async function outcomeOf(id: string): Promise<unknown> {
  const { runs } = await ground.parts.store();
  return (await runs.get("default", id)).outcome;
}

test("only who has the token gets in, until the session is over", async () => {
  const { id, cdpUrl } = await open();
  const token = new URL(cdpUrl).searchParams.get("token") ?? "";
  const other = cdpUrl.replace(token, `${token.slice(0, -2)}${token.endsWith("AA") ? "BB" : "AA"}`);
  expect(await upgradeStatus(other)).toBe(401);
  expect(await upgradeStatus(cdpUrl.replace(id, "00000000-0000-4000-8000-000000000000"))).toBe(401);
  expect(await upgradeStatus(cdpUrl.replace(/\?.*/, ""))).toBe(401);
  expect(await upgradeStatus(cdpUrl, { origin: "https://evil.example" })).toBe(403);

  const first = await chromium.connectOverCDP(cdpUrl);
  expect(await first.contexts()[0]?.pages()[0]?.title()).toContain("Your account");
  await first.close();
  // Who was cut off may come again, and finds the page as it was.
  await expect.poll(() => upgradeStatus(cdpUrl)).toBe(101);
  let again: Browser | undefined;
  await expect.poll(async () => (again = await chromium.connectOverCDP(cdpUrl))).toBeDefined();
  expect(again?.contexts()[0]?.pages()).toHaveLength(1);

  const busy = await api.call({
    method: "POST",
    url: "/v1/debug-sessions",
    payload: { identityId: "ada" },
  });
  expect([busy.statusCode, busy.json<{ error: { code: string } }>().error.code]).toEqual([
    409,
    "identity_busy",
  ]);

  const { database } = await ground.parts.store();
  await database.kysely.insertInto("projects").values({ id: "theirs" }).execute();
  const theirs = await api.addKey("admin", "theirs");
  const refused = await api.call({ method: "DELETE", url: `/v1/debug-sessions/${id}`, key: theirs });
  expect(refused.statusCode).toBe(404);

  expect((await end(id)).json()).toEqual({ id, endedBy: "client" });
  expect(again?.isConnected()).toBe(false);
  expect(await left()).toEqual({ browsers: 0, leases: 0 });
  expect(await upgradeStatus(cdpUrl)).toBe(410);
  expect((await end(id)).json()).toEqual({ id, endedBy: "client" });
  expect(ground.logged()).not.toContain(token);
});

test("a client drives a browser on the web, not the service's machine", async () => {
  const { id, cdpUrl } = await open();
  const browser = await chromium.connectOverCDP(cdpUrl);
  const page = await browser.contexts()[0]?.newPage();
  if (page === undefined) throw new Error("no context");
  await page.goto(site.url);
  for (const url of [
    "file:///proc/self/environ",
    "FILE:/etc/passwd",
    " fi\tle:///etc/passwd",
    "view-source:file:///etc/passwd",
    "chrome://version",
    "about:version",
  ]) {
    const cdp = await page.context().newCDPSession(page);
    await expect(cdp.send("Page.navigate", { url }), url).rejects.toThrow("not allowed");
    await expect(cdp.send("Target.createTarget", { url }), url).rejects.toThrow("not allowed");
    await cdp.detach();
  }
  // Nor by what a page may do itself.
  await page.evaluate(() => void (window.location.href = "file:///etc/passwd"));
  expect(await page.evaluate(() => window.open("file:///etc/passwd")?.location.href ?? "none")).not.toMatch(
    /^file/,
  );
  expect(await page.evaluate(() => fetch("file:///etc/passwd").catch(() => "refused"))).toBe("refused");
  expect(page.url()).toMatch(/^http/);

  const cdp = await page.context().newCDPSession(page);
  await expect(cdp.send("Page.handleFileChooser" as "Page.enable")).rejects.toThrow("not allowed");
  await browser.close();
  await end(id);
});

test("the state is saved where the client asks for it, and as it was otherwise", async () => {
  const { identities } = await ground.parts.store();
  const { id: identityId } = await identities.get("default", "ada");
  const cookies = async () =>
    (await identities.loadState(identityId))?.state.cookies.map(
      (cookie) => (cookie as { name: string }).name,
    );
  const leaveMark = async (name: string, query: string) => {
    const { id, cdpUrl } = await open();
    const browser = await chromium.connectOverCDP(cdpUrl);
    await browser
      .contexts()[0]
      ?.addCookies([{ name, value: "1", url: site.url, expires: Date.now() / 1_000 + 600 }]);
    await browser.close();
    expect((await end(id, query)).statusCode).toBe(200);
  };
  await leaveMark("thrown-away", "");
  await leaveMark("kept", "?save=true");
  expect(await cookies()).toContain("kept");
  expect(await cookies()).not.toContain("thrown-away");
});

test("it ends when its browser dies, and when its run is cancelled", async () => {
  const { database, runs } = await ground.parts.store();
  const { queue } = await ground.parts.queueing();

  const { id: killed } = await open();
  process.kill(handedOut()[0]?.pid ?? 0, "SIGKILL");
  await expect.poll(() => outcomeOf(killed)).toMatchObject({ status: "failed", code: "browser_crashed" });

  const { id: cancelled } = await open();
  const { cancelRun } = await import("../../src/job/cancel.ts");
  await cancelRun({ database, runs, queue }, "default", cancelled);
  await expect.poll(() => outcomeOf(cancelled)).toMatchObject({ result: { endedBy: "cancelled" } });
});

test("a server that stops ends what it has handed out, and what it is about to", async () => {
  const second = await openTestApi(ground.parts);
  const at = await second.app.listen({ host: "127.0.0.1", port: 0 });
  const { id, cdpUrl } = await open(second, at);
  const browser = await chromium.connectOverCDP(cdpUrl);
  const gone = new Promise((resolve) => browser.once("disconnected", resolve));
  await second[Symbol.asyncDispose]();
  await gone;
  expect(await outcomeOf(id)).toMatchObject({ result: { endedBy: "service stopped" } });
  expect(await left()).toEqual({ browsers: 0, leases: 0 });

  const third = await openTestApi(ground.parts);
  const leaving = new AbortController();
  const opening = third.deps.sessions.create({
    project: "default",
    identityIds: ["ada"],
    actor: "test",
    signal: leaving.signal,
  });
  opening.catch(() => {});
  await expect.poll(async () => (await left()).leases).toBeGreaterThan(0);
  await third[Symbol.asyncDispose]();
  await expect(opening).rejects.toMatchObject({ code: "worker_stopping" });
});
