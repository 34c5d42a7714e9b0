import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { CodeInbox } from "../../../src/identity/credentials/code-inbox.ts";
import type { Identity } from "../../../src/identity/types.ts";
import { Secret } from "../../../src/secret.ts";
import { openTestParts, type TestParts } from "../../support/parts.ts";

let ground: TestParts;
let inbox: CodeInbox;
let identity: Identity;
const actor = { name: "test" };
const aMinute = () => 60_000;

beforeAll(async () => {
  ground = await openTestParts();
  const { codes, identities } = await ground.parts.store();
  inbox = codes;
  identity = await identities.create(
    "default",
    { sourceUrl: "https://app.example.com", credentials: [] },
    actor,
  );
});
afterAll(() => ground[Symbol.asyncDispose]());

const soon = () => AbortSignal.timeout(5_000);
const take = (runId: string, maxAgeMs: () => number = aMinute, signal = soon()) =>
  inbox.take({ identityId: identity.id, runId, maxAgeMs }, signal);
const push = (code: string, runId?: string) =>
  inbox.push({
    identityId: identity.id,
    code: new Secret(code),
    actor,
    ...(runId === undefined ? {} : { runId }),
  });

async function newRun(): Promise<string> {
  const { runs } = await ground.parts.store();
  const runId = randomUUID();
  const job = { project: "default", flow: "web/capture", identityId: identity.id, trace: false };
  await runs.create(runId, job, { maxAttempts: 1 });
  await runs.endUnheld(runId, { status: "succeeded", result: null });
  return runId;
}

async function stored(): Promise<Buffer[]> {
  const { database } = await ground.parts.store();
  const { rows } = await sql<{ sealed: Buffer }>`select sealed from handed_in_codes`.execute(database.kysely);
  return rows.map(({ sealed }) => sealed);
}

test("a code that was handed in before is there at once, sealed until then, and gone afterwards", async () => {
  const runId = await newRun();
  await push("493027", runId);
  const [sealed] = await stored();
  expect(sealed?.includes("493027")).toBe(false);
  expect((await take(runId)).reveal()).toBe("493027");
  expect(await stored()).toEqual([]);
});

test("a code that is handed in while a run waits reaches it, from another process as well", async () => {
  const runId = await newRun();
  const waiting = take(runId);
  const { codes } = await ground.another().store();
  await codes.push({ identityId: identity.id, runId, code: new Secret("271828"), actor });
  expect((await waiting).reveal()).toBe("271828");
});

test("a code for another run is left for that one", async () => {
  const [mine, others] = [await newRun(), await newRun()];
  await push("111111", others);
  await push("222222", mine);
  expect((await take(mine)).reveal()).toBe("222222");
  expect((await take(others)).reveal()).toBe("111111");
});

test("the newest of several counts, and the older ones are good for nothing any more", async () => {
  const runId = await newRun();
  await push("333333", runId);
  await push("444444", runId);
  expect((await take(runId)).reveal()).toBe("444444");
  expect(await stored()).toEqual([]);
});

test("a code for the identity is taken by one of its runs only", async () => {
  const runs = [await newRun(), await newRun(), await newRun()];
  const stop = new AbortController();
  const waiting = runs.map((runId) => take(runId, aMinute, stop.signal));
  await push("555555");
  const first = await Promise.any(waiting);
  expect(first.reveal()).toBe("555555");
  stop.abort(new Error("enough"));
  const ends = await Promise.allSettled(waiting);
  expect(ends.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
});

test("a code for the identity that is older than the login is not taken", async () => {
  const runId = await newRun();
  await push("666666");
  const stop = new AbortController();
  const waiting = take(runId, () => 0, stop.signal);
  await push("777777", runId);
  expect((await waiting).reveal()).toBe("777777");
  stop.abort();
});

test("the wait ends with its signal", async () => {
  const stop = new AbortController();
  const waiting = take(await newRun(), aMinute, stop.signal);
  stop.abort(new Error("the run was cancelled"));
  await expect(waiting).rejects.toThrow("the run was cancelled");
});

test.each([
  ["  ", "is empty"],
  ["12\u000034", "has unprintable characters"],
  ["9".repeat(2_001), "is longer than 2000 characters"],
])("a code that cannot be one is refused without being repeated: %j", async (code, fault) => {
  await expect(push(code)).rejects.toMatchObject({
    code: "invalid_argument",
    message: `The code ${fault}.`,
  });
});

test("an unknown identity is named", async () => {
  await expect(
    inbox.push({ identityId: randomUUID(), code: new Secret("123456"), actor }),
  ).rejects.toMatchObject({ code: "unknown_identity" });
});

test("who handed a code in is written down", async () => {
  const { identities } = await ground.parts.store();
  const [entry] = await identities.audit("default", identity.id, 1);
  expect(entry).toMatchObject({ action: "code.handed_in", actor: "test" });
});
