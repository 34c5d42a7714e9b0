import { resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { startPracticeSite } from "../../practice/site.ts";
import { startService } from "../../src/main.ts";
import { startCli } from "../support/cli.ts";
import { addPracticeIdentity, openTestParts } from "../support/parts.ts";
import { people } from "../support/people.ts";
import { startProgram } from "../support/program.ts";
import { startRedis } from "../support/redis.ts";
import { ended, flowStarted, submit } from "../support/runs.ts";

const stuck = new URL("../support/stuck-program.ts", import.meta.url);

test("a process whose event loop stands still for good ends, and says where it stood", async () => {
  await using program = startProgram(stuck, { args: ["for ever"] });
  expect(await program.line()).toBe("watched");
  expect(await program.ended).toMatchObject({ signal: "SIGKILL" });
  const line = JSON.parse(program.stderr().trim().split("\n").at(-1) ?? "") as {
    msg: string;
    where: string[];
  };
  expect(line.msg).toContain("stands still");
  // It may be in a function of Node's at the moment.
  expect(line.where.slice(0, 3).join("\n")).toMatch(/^standStill .*stuck-program\.ts:\d+$/m);
});

test("one that is busy in spells is left alone", async () => {
  await using program = startProgram(stuck);
  expect(await program.line()).toBe("watched");
  expect(await program.line()).toBe("done");
  expect(await program.ended).toMatchObject({ code: 0 });
});

test("a worker's clock that is set back loses it the queue's lock, and not the run", {
  timeout: 90_000,
}, async () => {
  const users = people(1);
  await using site = await startPracticeSite({ users });
  await using redis = await startRedis();
  await using ground = await openTestParts({
    redisUrl: redis.url,
    settings: {
      LATCHKEY_FLOWS_DIR: resolve("test/support/flows"),
      LATCHKEY_LEASE_TTL_MS: "3000",
      LATCHKEY_LOG_LEVEL: "info",
    },
  });
  const ada = await addPracticeIdentity(ground.parts, site.url, users[0], { name: "ada" });
  await using early = startCli(["worker"], {
    ...ground.environment,
    NODE_OPTIONS: `--import ${new URL("../../scripts/soak/preload.ts", import.meta.url).href}`,
  });
  await early.says("latchkey is up");
  const runId = await submit(ground.parts, {
    flow: "trial/misbehave",
    identityId: ada.id,
    input: { how: "never end", ms: 10_000 },
  });
  await flowStarted(ground.parts, runId);
  // Two jumps: an hour ahead, and back to an hour behind.
  early.child.kill("SIGUSR2");
  await delay(100);
  early.child.kill("SIGUSR2");
  const late = await startService(ground.another(), new Set(["worker"]));
  try {
    const seen: string[] = [];
    const run = await ended(ground.parts, runId, (event) => seen.push(event.type));
    expect(run).toMatchObject({ status: "succeeded", attempts: 1 });
    expect(run.worker).toContain(`-${early.pid}-`);
    expect(seen.filter((type) => type === "started")).toHaveLength(1);
    expect(seen.filter((type) => type === "outcome")).toHaveLength(1);
    expect(ground.logged()).toContain("another worker still holds the run");
  } finally {
    await late.stop(1_000);
    early.child.kill("SIGTERM");
    await early.ended();
  }
});
