import assert from "node:assert/strict";
import { sql } from "kysely";
import { chromium } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type PracticeSite, practiceUsers, startPracticeSite } from "../../practice/site.ts";
import type { NewSession, SessionRecord } from "../../src/session/types.ts";
import { openTestApi, type TestApi } from "../support/api.ts";
import { assertNoChromiumLeft } from "../support/chromium.ts";
import { addPracticeIdentity, openTestParts, type TestParts } from "../support/parts.ts";

let site: PracticeSite;
let ground: TestParts;
let api: TestApi;
let service: string;

beforeAll(async () => {
  site = await startPracticeSite();
  ground = await openTestParts();
  api = await openTestApi(ground.parts);
  service = await api.app.listen({ host: "127.0.0.1", port: 0 });
  await addPracticeIdentity(ground.parts, site.url, practiceUsers[0], { name: "ada" });
});
afterEach(async () => {
  await api.deps.sessions.endAll("default");
  assert.equal(await leases(), 0);
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await ground[Symbol.asyncDispose]();
  await site.close();
  assertNoChromiumLeft();
});

async function leases(): Promise<number> {
  const { database } = await ground.parts.store();
  const { rows } = await sql`select 1 from leases where expires_at > now()`.execute(database.kysely);
  return rows.length;
}

const create = (request: Partial<NewSession> = {}): Promise<SessionRecord> =>
  api.deps.sessions.create({
    project: "default",
    actor: "key:test",
    signal: new AbortController().signal,
    ...request,
  });

/** Where a client connects, with a token of the session. */
function addressOf({ id, project }: SessionRecord, scope: "view" | "drive" = "drive"): string {
  const token = api.deps.sessionTokens.make({ id, project, scope, lifeMs: 60_000 }).reveal();
  return `${service.replace("http", "ws")}/?apiKey=${token}&sessionId=${id}`;
}

test("a session without an identity is a browser with one blank page of the size asked for", async () => {
  const session = await create({ viewport: { width: 900, height: 700 }, tags: ["a", "b"] });
  expect(session).toMatchObject({ status: "running", identities: [], tags: ["a", "b"], endedAt: null });
  const browser = await chromium.connectOverCDP(addressOf(session), { noDefaults: true });
  const [page, ...others] = browser.contexts()[0]?.pages() ?? [];
  expect(others).toEqual([]);
  expect(await page?.evaluate(() => [innerWidth, innerHeight])).toEqual([900, 700]);
  await browser.close();
  const ended = await api.deps.sessions.end("default", session.id);
  expect(ended).toMatchObject({ status: "ended", endedBy: "client", code: null });
  expect(await api.deps.sessions.end("default", session.id)).toEqual(ended);
});

test("an identity is signed in with its second factor, and again from what was saved", async () => {
  const first = await create({ identityIds: ["ada"] });
  expect(first.identities).toMatchObject([{ status: "authenticated", runId: first.id }]);
  const browser = await chromium.connectOverCDP(addressOf(first));
  expect(await browser.contexts()[0]?.pages()[0]?.title()).toContain("Your account");
  await browser.close();
  // The next client finds the page as it was left.
  const again = await chromium.connectOverCDP(addressOf(first));
  expect(again.contexts()[0]?.pages()).toHaveLength(1);
  await again.close();
  await expect(create({ identityIds: ["ada"] })).rejects.toMatchObject({ code: "identity_busy" });
  await api.deps.sessions.end("default", first.id);
  const { runs } = await ground.parts.store();
  expect((await runs.get("default", first.id)).outcome).toMatchObject({ result: { endedBy: "client" } });

  const { logins } = site.counters;
  const second = await create({ identityIds: ["ada"] });
  expect(site.counters.logins).toBe(logins);
  expect(second.identities).toMatchObject([{ status: "authenticated" }]);
});
