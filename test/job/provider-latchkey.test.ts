import { resolve } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type PracticeSite, startPracticeSite } from "../../practice/site.ts";
import { type Service, startService } from "../../src/main.ts";
import { type CliProcess, latchkey, startCli } from "../support/cli.ts";
import { addPracticeIdentity, openTestParts, type TestParts } from "../support/parts.ts";
import { ended, quickUser, submit } from "../support/runs.ts";

/** One Latchkey, in a process and on a database of its own, gives sessions; the worker here takes them. */
let site: PracticeSite;
let there: TestParts;
let server: CliProcess;
let serverUrl: string;
let serverKey: string;
let here: TestParts;
let worker: Service;

beforeAll(async () => {
  site = await startPracticeSite({ users: [quickUser] });
  there = await openTestParts();
  const { apiKeys } = await there.parts.store();
  serverKey = (await apiKeys.add("default", { scope: "admin" }, { name: "test" })).key.reveal();
  server = startCli(["start"], there.environment);
  await server.says("latchkey is up");
  serverUrl = /"url":"([^"]+)","msg":"latchkey is up"/.exec(server.output())?.[1] ?? "";
  here = await openTestParts({
    settings: {
      LATCHKEY_FLOWS_DIR: resolve("test/support/flows"),
      LATCHKEY_PROVIDER: "anchor",
      ANCHORBROWSER_API_KEY: serverKey,
      ANCHORBROWSER_BASE_URL: serverUrl,
    },
  });
  worker = await startService(here.parts, new Set(["worker"]));
});
afterAll(async () => {
  await worker.stop(1_000);
  await here[Symbol.asyncDispose]();
  server.child.kill("SIGTERM");
  await server.ended();
  await there[Symbol.asyncDispose]();
  await site.close();
});
beforeEach(() => {
  site.reset();
});
afterEach(leavesNothing);

/** No session stays there, and neither side has written the other's key down. */
async function leavesNothing(): Promise<void> {
  const answer = await fetch(`${serverUrl}/v1/sessions/all/status`, {
    headers: { "anchor-api-key": serverKey },
  });
  expect(await answer.json()).toEqual({ data: { count: 0, items: [] } });
  expect(here.logged() + server.output()).not.toContain(serverKey);
}

async function run(identityId: string) {
  const runId = await submit(here.parts, { flow: "trial/look", identityId });
  const { outcome, stages } = await ended(here.parts, runId);
  return { outcome, login: stages.find(({ name }) => name === "login")?.detail };
}

test("an identity that is there alone is signed in there, with its code, and the next run finds it signed in", async () => {
  const { id, name } = await addPracticeIdentity(there.parts, site.url, quickUser, { name: "ada-there" });
  for (let time = 1; time <= 2; time += 1) {
    const { outcome, login } = await run(id);
    expect(outcome).toMatchObject({ status: "succeeded", result: { identity: name } });
    expect(login).toBe("signed in by the provider");
    expect(site.counters).toMatchObject({ logins: 1, passwordSubmits: 1 });
  }
  site.expireSessions();
  expect((await run(id)).outcome).toMatchObject({ status: "succeeded" });
  expect(site.counters.logins).toBe(2);
});

test("a command runs as one that is there alone, in this process", async () => {
  const { id, name } = await addPracticeIdentity(there.parts, site.url, quickUser, {
    name: "ada-by-command",
  });
  const { code, stdout } = await latchkey(
    ["run", "trial/look", "--identity", id, "--provider", "anchor", "--json"],
    here.environment,
  );
  expect(code, stdout).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ status: "succeeded", result: { identity: name } });
});

test("credentials that the site refuses there are typed once, and a person is needed", async () => {
  const wrong = { name: "wrong-there", password: "not-the-password" };
  const { id } = await addPracticeIdentity(there.parts, site.url, quickUser, wrong);
  for (let time = 1; time <= 2; time += 1) {
    expect((await run(id)).outcome).toMatchObject({ status: "failed", code: "needs_attention" });
    expect(site.counters.passwordSubmits).toBe(1);
  }
});

test("an identity that is here alone is signed in from here, in a browser of that server's", async () => {
  const { id } = await addPracticeIdentity(here.parts, site.url, quickUser, { name: "ada-here" });
  expect(await run(id)).toMatchObject({
    outcome: { status: "succeeded" },
    login: expect.stringMatching(/^signed in \(1 password, \d code\)$/),
  });
  expect(await run(id)).toMatchObject({ outcome: { status: "succeeded" }, login: "saved state reused" });
});
