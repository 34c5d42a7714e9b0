import { resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type PracticeSite, startPracticeSite } from "../../practice/site.ts";
import type { Identity } from "../../src/identity/types.ts";
import type { JobInput } from "../../src/job/job.ts";
import type { Run } from "../../src/job/record/runs.ts";
import { type Service, startService } from "../../src/main.ts";
import { addPracticeIdentity, openTestParts, type TestParts } from "../support/parts.ts";
import { people } from "../support/people.ts";
import { ended, submit } from "../support/runs.ts";

let site: PracticeSite;
let ground: TestParts;
let service: Service;
let identities: Identity[];
const strays: unknown[] = [];
const noteStray = (reason: unknown) => void strays.push(reason);
const asBefore = process.listeners("unhandledRejection");

beforeAll(async () => {
  // As the service has it: a promise that nobody awaited is logged, and hurts nobody.
  process.removeAllListeners("unhandledRejection").on("unhandledRejection", noteStray);
  const users = people(4);
  site = await startPracticeSite({ users });
  ground = await openTestParts({
    settings: { LATCHKEY_FLOWS_DIR: resolve("test/support/flows"), LATCHKEY_CONCURRENCY: "4" },
  });
  identities = await Promise.all(
    users.map((user, index) =>
      addPracticeIdentity(ground.parts, site.url, user, { name: `person-${index}` }),
    ),
  );
  service = await startService(ground.parts, new Set(["worker"]));
});
afterAll(async () => {
  await service.stop(1_000);
  await ground[Symbol.asyncDispose]();
  await site.close();
  process.removeAllListeners("unhandledRejection");
  for (const listener of asBefore) process.on("unhandledRejection", listener);
});

let turn = 0;
async function misbehave(how: string, more: Partial<JobInput> & { ms?: number } = {}): Promise<Run> {
  const { ms, ...job } = more;
  const identity = identities[turn++ % identities.length];
  const runId = await submit(
    ground.parts,
    {
      flow: "trial/misbehave",
      identityId: identity?.id ?? "",
      input: { how, ...(ms === undefined ? {} : { ms }) },
      ...job,
    },
    { attempts: 3 },
  );
  return await ended(ground.parts, runId);
}

async function outcomesOf(runId: string): Promise<number> {
  const { database } = await ground.parts.store();
  const rows = await database.kysely
    .selectFrom("run_events")
    .select("event")
    .where("run_id", "=", runId)
    .execute();
  return rows.filter(({ event }) => (event as { type: string }).type === "outcome").length;
}

test("whatever a flow throws, its run ends once, as a fault of the flow", { timeout: 60_000 }, async () => {
  const ways = [
    "throw undefined",
    "throw a string",
    "throw a frozen object",
    "throw a getter",
    "throw a proxy",
    "throw a circle",
    "throw half a character",
  ];
  const runs = await Promise.all(ways.map((how) => misbehave(how)));
  for (const [index, run] of runs.entries()) {
    expect
      .soft(run.outcome, ways[index])
      .toMatchObject({ status: "failed", code: "flow_failed", retryable: false });
    expect.soft(run.attempts, ways[index]).toBe(1);
    expect.soft(await outcomesOf(run.id), ways[index]).toBe(1);
  }
});

test("what a flow returns is stored as it is, or refused with the reason", { timeout: 60_000 }, async () => {
  const ways = [
    "return a circle",
    "return too much",
    "return what Postgres cannot hold",
    "name a step what Postgres cannot hold",
  ];
  const [circle, much, unholdable, named] = await Promise.all(ways.map((how) => misbehave(how)));
  expect(circle?.outcome).toMatchObject({ code: "invalid_output" });
  expect(much?.outcome).toMatchObject({ code: "invalid_output", message: expect.stringContaining("4 MiB") });
  expect(unholdable?.outcome).toMatchObject({
    code: "invalid_output",
    message: expect.stringContaining("result.text: it holds a NUL character"),
  });
  expect(named?.outcome).toEqual({ status: "succeeded", result: "named" });
});

test("a flow that ignores its signal ends at its deadline", { timeout: 60_000 }, async () => {
  const run = await misbehave("never end", { deadlineMs: 3_000, ms: 20_000 });
  expect(run).toMatchObject({ attempts: 1, outcome: { code: "deadline_exceeded" } });
  expect(await outcomesOf(run.id)).toBe(1);
});

test("what fails after the run has ended changes nothing of it", { timeout: 60_000 }, async () => {
  const run = await misbehave("reject later", { ms: 100 });
  expect(run.outcome).toEqual({ status: "succeeded", result: "gone" });
  await expect.poll(() => strays.length).toBeGreaterThan(0);
  expect(await misbehave("nothing")).toMatchObject({ status: "succeeded" });
});

test("pages and contexts that flows leave open are closed", { timeout: 60_000 }, async () => {
  const { pool } = await ground.parts.browsers();
  const before = pool.groups();
  expect(await misbehave("open popups")).toMatchObject({ status: "succeeded" });
  expect(await misbehave("leak contexts")).toMatchObject({ status: "succeeded" });
  // What a flow opened past its own context goes with the browser, which is replaced once nobody uses it.
  await misbehave("nothing");
  await expect.poll(() => pool.groups().filter((group) => before.includes(group))).toEqual([]);
});

test("a flow that blocks the event loop for a while loses nobody's run", { timeout: 60_000 }, async () => {
  const [blocked, ...others] = await Promise.all([
    misbehave("block", { ms: 1_500 }),
    misbehave("nothing"),
    misbehave("nothing"),
  ]);
  expect(blocked?.outcome).toEqual({ status: "succeeded", result: "blocked" });
  for (const other of others) expect(other).toMatchObject({ status: "succeeded", attempts: 1 });
});
