import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type PracticeSite, startPracticeSite } from "../../practice/site.ts";
import { ownChromiums } from "../support/chromium.ts";
import { type CliOptions, type CliProcess, latchkey as run, startCli } from "../support/cli.ts";
import { addPracticeIdentity, openTestParts, type TestParts } from "../support/parts.ts";

const ben = {
  username: "ben@larch.example",
  password: "oak-rowan-Willow-7",
  totpSecret: "MJSW4LLMMFZGG2BNOBZGCY3UNFRWKLJS",
  secondFactor: false,
};
const ownFlows = { LATCHKEY_FLOWS_DIR: resolve("test/support/flows") };

let site: PracticeSite;
let ground: TestParts;

beforeAll(async () => {
  site = await startPracticeSite({ users: [ben] });
  ground = await openTestParts({
    settings: { LATCHKEY_LOG_LEVEL: "", LATCHKEY_LEASE_TTL_MS: "3000" },
  });
  await addPracticeIdentity(ground.parts, site.url, ben, { name: "ben" });
});
afterAll(async () => {
  await ground[Symbol.asyncDispose]();
  await site.close();
});

function start(args: string[], settings: Record<string, string>, options?: CliOptions): CliProcess {
  return startCli(args, { ...ground.environment, ...settings }, options);
}

async function newestRun() {
  const [run] = await (await ground.parts.store()).runs.list({ project: "default", limit: 1 });
  if (run === undefined) throw new Error("There is no run.");
  return run;
}

/** What Latchkey itself finds starts more processes than the headless shell: more could be left behind. */
const itsBrowserEnds = { wholeChromium: true };

const waiting = ["run", "trial/misbehave", "--identity", "ben", "--input", '{"how":"wait politely"}'];

test("Ctrl-C cancels a run: it is recorded, nothing of it stays, and the exit code is 130", async () => {
  await using process = start(waiting, ownFlows, itsBrowserEnds);
  await process.says("✓ login");
  process.child.kill("SIGINT");
  const { code, stdout, stderr } = await process.ended();
  expect(code, stderr).toBe(130);
  expect(stdout).toContain("✗ cancelled: The run was cancelled from the terminal.");
  expect(await newestRun()).toMatchObject({ status: "failed", outcome: { code: "cancelled" } });
  expect(ownChromiums()).toEqual([]);
});

test("a second Ctrl-C ends the process where it stands, and its browser with it", async () => {
  await using process = start(waiting, ownFlows, itsBrowserEnds);
  await process.says("✓ login");
  process.child.kill("SIGINT");
  await process.says("✗ flow");
  process.child.kill("SIGINT");
  expect((await process.ended()).code).toBe(130);
  await expect.poll(() => ownChromiums()).toEqual([]);
});

test("a run whose process was killed is ended by the next command that meets it", async () => {
  await using process = start(waiting, ownFlows);
  await process.says("✓ login");
  process.child.kill("SIGKILL");
  await process.ended();
  const { id, status } = await newestRun();
  expect(status).toBe("running");
  const cancel = async () => (await run(["cancel", id], ground.environment)).stdout;
  await expect
    .poll(cancel, { timeout: 15_000, interval: 500 })
    .toContain("The run had ended already: ✗ worker_lost");
});

test("a run in another command's process is cancelled from elsewhere", async () => {
  await using process = start([...waiting, "--json"], ownFlows);
  await expect.poll(async () => (await newestRun()).status, { timeout: 15_000 }).toBe("running");
  const { id } = await newestRun();
  const cancelled = await run(["cancel", id.slice(0, 8)], ground.environment);
  expect(cancelled).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("its worker is told to stop it"),
  });
  const { code, stdout } = await process.ended();
  expect({ code, outcome: JSON.parse(stdout) as unknown }).toMatchObject({
    code: 1,
    outcome: { runId: id, code: "cancelled" },
  });
});

describe("a flow that leaves something behind", () => {
  const flow = (name: string) => start(["run", `stray/${name}`, "--identity", "ben"], ownFlows);

  test("does not keep the process: it ends, and says why", async () => {
    await using process = flow("linger");
    const { code, stdout, stderr } = await process.ended();
    expect(code).toBe(0);
    expect(stdout).toMatch(/^"done"\n✓ succeeded/);
    expect(stderr).toContain("something that a flow started still runs");
  });

  test("as a promise that is rejected hurts nobody", async () => {
    await using process = flow("reject");
    const { code, stdout, stderr } = await process.ended();
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^"done"\n✓ succeeded/),
    });
    expect(stderr).toContain("a promise that nobody awaited was rejected");
  });

  test("as an error that nobody can catch ends the process with 1, after closing what was open", async () => {
    await using process = flow("throw");
    const { code, stderr } = await process.ended();
    expect(code).toBe(1);
    expect(stderr).toContain("an error that nobody caught");
    expect(ownChromiums()).toEqual([]);
    const { database } = await ground.parts.store();
    await database.kysely.deleteFrom("runs").where("status", "=", "running").execute();
  });
});

describe("a reader that has read enough", () => {
  /** Runs a pipeline; `$0` is Node. @returns what the command said on standard error, and its exit code */
  async function piped(command: string) {
    const shell = spawn(
      "bash",
      ["-c", `"$0" src/cli.ts ${command}; exit \${PIPESTATUS[0]}`, process.execPath],
      {
        env: { ...process.env, ...ground.environment },
        stdio: ["ignore", "ignore", "pipe"],
      },
    );
    const [stderr] = await Promise.all([text(shell.stderr), once(shell, "close")]);
    return { stderr, code: shell.exitCode };
  }

  test.each(["flows | true", "flows --json | head -c 1", "--help | true"])(
    "%s ends quietly",
    async (command) => {
      expect(await piped(command)).toEqual({ stderr: "", code: 0 });
    },
  );

  test("does not stop what the command does, nor change its exit code", async () => {
    expect(await piped("run web/capture --identity ben --json | true")).toEqual({ stderr: "", code: 0 });
    expect(await newestRun()).toMatchObject({ flow: "web/capture", status: "succeeded" });
    expect((await piped("runs nonsense | true")).code).toBe(1);
  });
});
