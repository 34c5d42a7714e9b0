import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type PracticeSite, startPracticeSite } from "../../practice/site.ts";
import { mountSmallDisk, type SmallDisk } from "../../scripts/soak/small-disk.ts";
import { killGroup } from "../../src/browser/processes.ts";
import type { Identity } from "../../src/identity/types.ts";
import type { Run } from "../../src/job/record/runs.ts";
import { type Service, startService } from "../../src/main.ts";
import { assertNoChromiumLeft, processesOfGroup } from "../support/chromium.ts";
import { addPracticeIdentity, openTestParts, type TestParts } from "../support/parts.ts";
import { people } from "../support/people.ts";
import { ended, flowStarted, submit } from "../support/runs.ts";

let folder: string;
let disk: SmallDisk | undefined;
let site: PracticeSite;
let ground: TestParts;
let service: Service;
let ada: Identity;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "latchkey-test-faults-"));
  disk = await mountSmallDisk(join(folder, "artifacts"));
  const users = people(1);
  site = await startPracticeSite({ users });
  ground = await openTestParts({
    settings: {
      LATCHKEY_FLOWS_DIR: resolve("test/support/flows"),
      LATCHKEY_ARTIFACTS_DIR: join(folder, "artifacts"),
      LATCHKEY_CONCURRENCY: "2",
    },
  });
  ada = await addPracticeIdentity(ground.parts, site.url, users[0], { name: "ada" });
  service = await startService(ground.parts, new Set(["worker"]));
});
afterEach(() => {
  Object.assign(site.switches, { serverError: false, hang: false, reset: false });
});
afterAll(async () => {
  await service.stop(1_000);
  await ground[Symbol.asyncDispose]();
  await site.close();
  await disk?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
  assertNoChromiumLeft();
});

const job = (how: string, more: { ms?: number; trace?: boolean; deadlineMs?: number } = {}) => {
  const { ms, ...rest } = more;
  return {
    flow: "trial/misbehave",
    identityId: ada.id,
    input: { how, ...(ms === undefined ? {} : { ms }) },
    ...rest,
  };
};

async function run(how: string, more: Parameters<typeof job>[1] = {}): Promise<Run> {
  return await ended(ground.parts, await submit(ground.parts, job(how, more)));
}

async function groups(): Promise<number[]> {
  return (await ground.parts.browsers()).pool.groups();
}

test("a Chromium killed under a run fails its attempt; the next is in another, without a new login", {
  timeout: 60_000,
}, async () => {
  const runId = await submit(ground.parts, job("never end", { ms: 1_500 }), { attempts: 2 });
  await flowStarted(ground.parts, runId);
  const before = await groups();
  const { passwordSubmits } = site.counters;
  for (const group of before) killGroup(group);
  const done = await ended(ground.parts, runId);
  expect(done).toMatchObject({ status: "succeeded", attempts: 2 });
  expect(before).not.toContain((await groups())[0]);
  expect(site.counters.passwordSubmits).toBe(passwordSubmits);
});

test("a page killed under a run is told as a crash, at once", { timeout: 60_000 }, async () => {
  const runId = await submit(ground.parts, job("hang on the page", { ms: 30_000 }));
  await flowStarted(ground.parts, runId);
  const renderers = (await groups())
    .flatMap((group) => processesOfGroup(group))
    .filter(({ command }) => command.includes("--type=renderer"));
  expect(renderers.length).toBeGreaterThan(0);
  for (const { pid } of renderers) process.kill(pid, "SIGKILL");
  const startedAt = performance.now();
  expect((await ended(ground.parts, runId)).outcome).toMatchObject({
    code: "browser_crashed",
    retryable: true,
  });
  expect(performance.now() - startedAt).toBeLessThan(10_000);
});

test("a site that fails is the site's fault, whichever way it fails", { timeout: 90_000 }, async () => {
  site.switches.serverError = true;
  expect((await run("nothing")).outcome).toMatchObject({ code: "site_error", retryable: true });
  site.switches.serverError = false;
  site.switches.reset = true;
  expect((await run("nothing")).outcome).toMatchObject({ code: "site_unreachable", retryable: true });
  site.switches.reset = false;
  site.switches.hang = true;
  const startedAt = performance.now();
  expect((await run("nothing", { deadlineMs: 6_000 })).outcome).toMatchObject({ code: "deadline_exceeded" });
  expect(performance.now() - startedAt).toBeLessThan(15_000);
  site.switches.hang = false;
  expect(await run("nothing")).toMatchObject({ status: "succeeded" });
  expect(site.counters.passwordsRefused).toBe(0);
});

test("a site that fails in mid-login is given the password once per attempt", {
  timeout: 90_000,
}, async () => {
  site.expireSessions();
  const { passwordSubmits } = site.counters;
  site.switches.serverError = /^\/login\/password/;
  const failed = await ended(ground.parts, await submit(ground.parts, job("nothing"), { attempts: 2 }));
  expect(failed).toMatchObject({ status: "failed", attempts: 2, outcome: { code: "site_error" } });
  expect(site.counters.passwordSubmits - passwordSubmits).toBeLessThanOrEqual(2);
  site.switches.serverError = false;
  expect(await run("nothing")).toMatchObject({ status: "succeeded" });
});

test("a full disk costs the file, the trace or the picture, and the run only where it is about the file", {
  timeout: 60_000,
}, async ({ skip }) => {
  skip(disk === undefined, "no file system can be mounted here");
  await disk?.fill();
  const traced = await run("nothing", { trace: true });
  expect(traced).toMatchObject({ status: "succeeded", artifacts: [] });
  const failing = await run("throw");
  expect(failing.outcome).toMatchObject({ code: "flow_failed" });
  expect(failing.artifacts).toEqual([]);
  expect((await run("keep a file")).outcome).toMatchObject({
    code: "artifact_failed",
    retryable: true,
    message: expect.stringContaining("no space is left"),
  });
  await disk?.empty();
  expect(await run("keep a file")).toMatchObject({ status: "succeeded", artifacts: [{ name: "kept.bin" }] });
});
