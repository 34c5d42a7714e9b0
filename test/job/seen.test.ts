import { resolve } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type PracticeSite, startPracticeSite } from "../../practice/site.ts";
import { openPublicOnlyProxy } from "../../src/browser/handed-out/public-only-proxy.ts";
import type { Identity } from "../../src/identity/types.ts";
import { addressOfProxy } from "../../src/job/run/note-seen.ts";
import { type Service, startService } from "../../src/main.ts";
import { openTestApi, type TestApi } from "../support/api.ts";
import { addPracticeIdentity, openTestParts, type TestParts } from "../support/parts.ts";
import { ended, quickUser, submit } from "../support/runs.ts";

let ground: TestParts;
let api: TestApi;
let worker: Service;
let site: PracticeSite;
let identity: Identity;
/** What this machine's Chromium calls itself to sites. */
let userAgent: string;
let count = 0;

beforeAll(async () => {
  site = await startPracticeSite({ users: [quickUser] });
  ground = await openTestParts({ settings: { LATCHKEY_FLOWS_DIR: resolve("test/support/flows") } });
  api = await openTestApi(ground.parts);
  worker = await startService(ground.parts, new Set(["worker"]));
  const { openSession } = await ground.parts.browsers();
  await using session = await openSession({ signal: new AbortController().signal });
  userAgent = await session.page.evaluate(() => navigator.userAgent);
});
afterAll(async () => {
  await worker.stop(1_000);
  await api[Symbol.asyncDispose]();
  await ground[Symbol.asyncDispose]();
  await site.close();
});
beforeEach(async () => {
  site.reset();
  identity = await addPracticeIdentity(ground.parts, site.url, quickUser, { name: `ada ${(count += 1)}` });
});

async function change(patch: { proxyServer: string }): Promise<void> {
  const { identities } = await ground.parts.store();
  await identities.update("default", identity.id, patch, { name: "test" });
}

/** When and as what it was seen, once a run of the flow has ended so. */
async function seenAfter(flow: string, input?: { reauthenticate: boolean } | { how: string }) {
  const given = input === undefined ? {} : { input };
  const runId = await submit(ground.parts, { identityId: identity.id, flow, ...given });
  const { status } = await ended(ground.parts, runId);
  const { identities } = await ground.parts.store();
  const { firstSeen, lastSeen } = await identities.get("default", identity.id);
  return { status, firstSeen, lastSeen };
}

test("a run sees its identity where it is signed in, whatever becomes of the flow; so does a health check", async () => {
  const before = new Date().toISOString();
  const first = await seenAfter("trial/look");
  expect(first).toEqual({
    status: "succeeded",
    firstSeen: { at: expect.any(String), address: null, userAgent },
    lastSeen: first.firstSeen,
  });
  expect(first.firstSeen?.at.localeCompare(before)).toBe(1);

  const second = await seenAfter("trial/misbehave", { how: "throw" });
  expect(second).toMatchObject({ status: "failed", firstSeen: first.firstSeen });
  const third = await seenAfter("latchkey/check-health", { reauthenticate: false });
  expect(third).toMatchObject({ status: "succeeded", firstSeen: first.firstSeen });
  const times = [first, second, third].map(({ lastSeen }) => lastSeen?.at ?? "");
  expect(new Set(times).size).toBe(3);
  expect(times.toSorted()).toEqual(times);
});

test("whoever is not let in was not seen", async () => {
  identity = await addPracticeIdentity(ground.parts, site.url, quickUser, {
    name: "refused",
    password: "wrong-Heron-1",
  });
  expect(await seenAfter("trial/look")).toEqual({ status: "failed", firstSeen: null, lastSeen: null });
  identity = await addPracticeIdentity(ground.parts, site.url, quickUser, { name: "stateless" });
  expect(await seenAfter("latchkey/check-health", { reauthenticate: false })).toEqual({
    status: "succeeded",
    firstSeen: null,
    lastSeen: null,
  });
});

test("through a proxy it is seen at the proxy's address, also in a browser that is handed out", async () => {
  await using proxy = await openPublicOnlyProxy({ domains: ["127.0.0.1"] });
  await change({ proxyServer: proxy.server });
  expect(await seenAfter("trial/look")).toMatchObject({
    status: "succeeded",
    lastSeen: { address: "127.0.0.1" },
  });
  const byName = proxy.server.replace("127.0.0.1", "localhost");
  await change({ proxyServer: byName });
  expect(await seenAfter("trial/look")).toMatchObject({ status: "succeeded", lastSeen: { address: null } });

  const { sessions } = api.deps;
  const { id } = await sessions.create({
    project: "default",
    actor: "test",
    identityIds: [identity.id],
    // Its own goes before the identity's.
    proxy: { server: proxy.server },
    signal: new AbortController().signal,
  });
  await sessions.end("default", id);
  const { identities } = await ground.parts.store();
  expect((await identities.get("default", identity.id)).lastSeen).toEqual({
    at: expect.any(String),
    address: "127.0.0.1",
    userAgent,
  });
});

test.each([
  ["http://203.0.113.7:3128", "203.0.113.7"],
  ["socks5://[2001:db8::1]:1080", "2001:db8::1"],
  ["https://proxy.example:443", null],
  [null, null],
])("a proxy at %j is seen at %j", (proxyServer, address) => {
  expect(addressOfProxy(proxyServer)).toBe(address);
});
