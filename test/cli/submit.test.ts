import { resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type PracticeSite, startPracticeSite } from "../../practice/site.ts";
import type { Run } from "../../src/job/record/runs.ts";
import { type CliProcess, latchkey as run, startCli } from "../support/cli.ts";
import { addPracticeIdentity, openTestParts, type TestParts } from "../support/parts.ts";

const ben = {
  username: "ben@larch.example",
  password: "oak-rowan-Willow-7",
  totpSecret: "MJSW4LLMMFZGG2BNOBZGCY3UNFRWKLJS",
  secondFactor: false,
};
const uuid = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/;

let site: PracticeSite;
let ground: TestParts;
let worker: CliProcess | undefined;

beforeAll(async () => {
  site = await startPracticeSite({ users: [ben] });
  ground = await openTestParts({
    settings: { LATCHKEY_LOG_LEVEL: "", LATCHKEY_FLOWS_DIR: resolve("test/support/flows") },
  });
  await addPracticeIdentity(ground.parts, site.url, ben, { name: "ben" });
});
afterAll(async () => {
  worker?.child.kill("SIGTERM");
  await worker?.ended();
  await ground[Symbol.asyncDispose]();
  await site.close();
});

const latchkey = (...args: string[]) => run(args, ground.environment);
const submit = (flow: string, input: unknown, ...more: string[]) =>
  latchkey("submit", flow, "--identity", "ben", "--input", JSON.stringify(input), ...more);

async function runsAsJson(...args: string[]): Promise<Run[]> {
  return JSON.parse((await latchkey("runs", ...args, "--json")).stdout) as Run[];
}

test("before there is a run, and a worker: nothing to list, a run queued, and one cancelled while it waits", async () => {
  expect(await latchkey("runs")).toEqual({
    code: 0,
    stdout: "There are no runs. `latchkey submit --help` shows how to make one.\n",
    stderr: "",
  });
  const queued = await submit("trial/look", { word: "first" }, "--deadline", "60000", "--delay", "1");
  expect(queued).toMatchObject({ code: 0, stderr: "" });
  const [id = ""] = uuid.exec(queued.stdout) ?? [];
  expect(queued.stdout).toBe(`✓ queued as ${id}\n  latchkey runs ${id}\n`);

  const waiting = JSON.parse((await submit("trial/look", { word: "x" }, "--json")).stdout) as {
    runId: string;
  };
  expect(Object.keys(waiting)).toEqual(["runId"]);
  expect(await latchkey("cancel", waiting.runId)).toEqual({
    code: 0,
    stdout: `✓ cancelled  ${waiting.runId}\n`,
    stderr: "",
  });
  expect((await latchkey("cancel", waiting.runId)).stdout).toBe(
    `The run had ended already: ✗ cancelled  ${waiting.runId}\n`,
  );
});

test("what a worker would refuse is refused when it is submitted", async () => {
  const before = (await runsAsJson()).length;
  const refusals = await Promise.all([
    latchkey("submit", "trial/lok", "--identity", "ben"),
    latchkey("submit", "trial/look", "--identity", "bob"),
    submit("trial/look", { word: 3 }),
    submit("trial/look", { word: "x" }, "--deadline", "0"),
  ]);
  expect(refusals.map(({ code, stdout, stderr }) => ({ code, stdout, said: stderr.split(":")[0] }))).toEqual([
    { code: 1, stdout: "", said: "✗ unknown_flow" },
    { code: 1, stdout: "", said: "✗ unknown_identity" },
    { code: 1, stdout: "", said: "✗ invalid_input" },
    { code: 1, stdout: "", said: "✗ invalid_job" },
  ]);
  expect((await runsAsJson()).length).toBe(before);
});

test("--watch follows a run to its outcome, and its exit code tells how it ended", {
  timeout: 60_000,
}, async () => {
  worker = startCli(["worker"], { ...ground.environment, LATCHKEY_LOG_LEVEL: "info" });
  await worker.says("run ended");
  const good = await submit("trial/look", { word: "second" }, "--watch");
  expect(good.code, good.stderr).toBe(0);
  expect(good.stderr).toMatch(
    /^ {2}· queued\n {2}· started .*\n {2}✓ identity [^]*✓ login [^]*› {3}read the heading [^]*✓ flow /,
  );
  expect(good.stdout).toMatch(/^\{\n[^]*"word": "second"[^]*\n\}\n✓ succeeded {2}[0-9a-f-]{36}\n$/);

  const bad = await submit("trial/misbehave", { how: "throw" }, "--watch", "--json");
  expect({ code: bad.code, stderr: bad.stderr }).toEqual({ code: 1, stderr: "" });
  expect(JSON.parse(bad.stdout)).toMatchObject({
    runId: expect.stringMatching(uuid),
    status: "failed",
    code: "flow_failed",
    evidence: { step: "break" },
  });
  expect(good.stdout + good.stderr + bad.stdout).not.toContain("\u001b");
});

test("Ctrl-C ends the watching with 130, not the run; cancel stops the run", {
  timeout: 60_000,
}, async () => {
  const watching = startCli(
    ["submit", "trial/misbehave", "--identity", "ben", "--input", '{"how":"hang on the page"}', "--watch"],
    ground.environment,
  );
  await using _watching = watching;
  await watching.says("✓ login");
  watching.child.kill("SIGINT");
  const { code, stdout } = await watching.ended();
  const [id = ""] = uuid.exec(stdout) ?? [];
  expect({ code, stdout }).toEqual({ code: 130, stdout: `The run goes on: latchkey runs ${id}\n` });

  const shown = await latchkey("runs", id.slice(0, 13));
  expect(shown.stdout).toMatch(/^Status {4}running$/m);
  expect((await latchkey("cancel", id)).stdout).toBe(`✓ its worker is told to stop it  ${id}\n`);
  await expect
    .poll(async () => (await (await ground.parts.store()).runs.get("default", id)).outcome)
    .toMatchObject({ code: "cancelled" });
});

test("runs lists by identity, flow and status, newest first, and shows one", async () => {
  const all = await runsAsJson();
  expect(
    all.map(({ flow, status, outcome }) => [flow, outcome?.status === "failed" ? outcome.code : status]),
  ).toEqual([
    ["trial/misbehave", "cancelled"],
    ["trial/misbehave", "flow_failed"],
    ["trial/look", "succeeded"],
    ["trial/look", "cancelled"],
    ["trial/look", "succeeded"],
  ]);
  const [filtered, limited, none] = await Promise.all([
    runsAsJson("--identity", "ben", "--flow", "trial/look", "--status", "failed"),
    runsAsJson("--limit", "2"),
    latchkey("runs", "--status", "deferred"),
  ]);
  expect(filtered.map(({ id }) => id)).toEqual([all[3]?.id]);
  expect(limited.map(({ id }) => id)).toEqual([all[0]?.id, all[1]?.id]);
  expect(none).toMatchObject({ code: 0, stdout: "There are no such runs.\n" });

  const lines = (await latchkey("runs")).stdout.trimEnd().split("\n");
  expect(lines[0]).toMatch(/^RUN {35}FLOW {13}IDENTITY {2}STATUS {9}CREATED {19}TOOK$/);
  expect(lines[1]).toMatch(
    /^[0-9a-f-]{36} {2}trial\/misbehave {2}ben {7}✗ cancelled {4}20\S+Z {2}[\d.]+ m?s$/,
  );
  expect(lines[3]).toContain("  succeeded  ");

  const { stdout } = await latchkey("runs", all[1]?.id ?? "");
  expect(stdout).toMatch(/^Identity {2}ben {2}[0-9a-f-]{36}$/m);
  expect(stdout).toMatch(/^Attempts {2}1 of 3$/m);
  expect(stdout).toMatch(/^Input {5}\{"how":"throw"\}$/m);
  expect(stdout).toMatch(/^ {2}login +[\d.]+ m?s {2}saved state reused$/m);
  expect(stdout).toMatch(/^✗ flow_failed: .+\n {2}.+\n(?: .*\n)*? {2}step {10}break$/m);
  expect(stdout).not.toMatch(/^ *at /m);
});

test("a run is found by the beginning of its id, as long as no other begins so", async () => {
  const { database } = await ground.parts.store();
  const [first, second] = ["abcd1234-0000-4000-8000-000000000001", "abcd1234-0000-4000-8000-000000000002"];
  const { id: identity } = await (await ground.parts.store()).identities.get("default", "ben");
  for (const id of [first, second]) {
    const job = { project: "default", flow: "trial/look", identityId: identity, trace: false };
    await (await ground.parts.store()).runs.create(id, job, { maxAttempts: 1 });
  }
  const [several, one, none, noId] = await Promise.all([
    latchkey("runs", "abcd1234"),
    latchkey("runs", "ABCD12340000400080000000000000-02", "--json"),
    latchkey("runs", "abcd1235"),
    latchkey("cancel", "nonsense"),
  ]);
  expect(several).toMatchObject({
    code: 1,
    stdout: "",
    stderr: expect.stringContaining("Several runs begin with abcd1234"),
  });
  expect(JSON.parse(one.stdout)).toMatchObject({ id: second, status: "queued" });
  expect(none).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("✗ not_found: There is no run abcd1235."),
  });
  expect(noId).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("✗ not_found: There is no run nonsense."),
  });
  await database.kysely.deleteFrom("runs").where("id", "in", [first, second]).execute();
});
