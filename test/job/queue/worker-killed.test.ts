import { randomUUID } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { resolve } from "node:path";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type PracticeSite, startPracticeSite } from "../../../practice/site.ts";
import type { Identity } from "../../../src/identity/types.ts";
import { startCli } from "../../support/cli.ts";
import { addPracticeIdentity, openTestParts, type TestParts } from "../../support/parts.ts";
import { startRedis, type TestRedis } from "../../support/redis.ts";
import { ended, flowStarted, quickUser, submit } from "../../support/runs.ts";

describe.each(["postgres", "redis"] as const)("a worker process on %s", (backend) => {
  let redis: TestRedis | undefined;
  let site: PracticeSite;
  let ground: TestParts;
  let identity: Identity;

  beforeAll(async () => {
    site = await startPracticeSite({ users: [quickUser] });
    redis = backend === "redis" ? await startRedis() : undefined;
    ground = await openTestParts({
      // What Latchkey itself finds starts more processes than the headless shell; one queue is enough to see them end.
      wholeChromium: backend === "postgres",
      ...(redis === undefined ? {} : { redisUrl: redis.url }),
      settings: {
        LATCHKEY_FLOWS_DIR: resolve("test/support/flows"),
        LATCHKEY_LEASE_TTL_MS: "2000",
        LATCHKEY_LOG_LEVEL: "info",
      },
    });
    identity = await addPracticeIdentity(ground.parts, site.url, quickUser, {
      name: `ada-${randomUUID().slice(0, 8)}`,
    });
  });
  afterAll(async () => {
    await ground[Symbol.asyncDispose]();
    await redis?.[Symbol.asyncDispose]();
    await site.close();
  });

  async function submitLongFlow(ms: number): Promise<string> {
    const runId = await submit(ground.parts, {
      flow: "trial/misbehave",
      identityId: identity.id,
      input: { how: "never end", ms },
    });
    await flowStarted(ground.parts, runId);
    return runId;
  }

  test("killed in mid-run leaves nothing behind, and another finishes its run", {
    timeout: 90_000,
  }, async () => {
    await using doomed = startCli(["worker"], ground.environment);
    await doomed.says("latchkey is up");
    const runId = await submitLongFlow(2_500);
    const before = await chromiumsOf(doomed.pid);
    expect(before.length).toBeGreaterThan(0);
    doomed.child.kill("SIGKILL");
    await doomed.ended();
    await expect
      .poll(async () => (await Promise.all(before.map(isAlive))).filter(Boolean), { timeout: 15_000 })
      .toEqual([]);

    await using heir = startCli(["worker"], ground.environment);
    const run = await ended(ground.parts, runId);
    expect(run).toMatchObject({ status: "succeeded", attempts: 1 });
    expect(await profileFoldersOf(doomed.pid)).toEqual([]);
    expect(site.counters.logins).toBe(1);

    heir.child.kill("SIGTERM");
    expect(await heir.ended()).toMatchObject({ code: 0 });
    expect(await profileFoldersOf(heir.pid)).toEqual([]);
    const { database } = await ground.parts.store();
    const { rows } = await sql`select name from leases where expires_at > now()`.execute(database.kysely);
    expect(rows).toEqual([]);
  });

  test("asked to end lets the run in flight finish within the grace", { timeout: 60_000 }, async () => {
    await using worker = startCli(["worker"], ground.environment);
    await worker.says("latchkey is up");
    const runId = await submitLongFlow(1_500);
    worker.child.kill("SIGTERM");
    expect(await worker.ended()).toMatchObject({ code: 0 });
    const { runs } = await ground.parts.store();
    expect(await runs.get("default", runId)).toMatchObject({ status: "succeeded", attempts: 1 });
  });

  test("asked twice gives the run back to the queue at once, unspent", { timeout: 60_000 }, async () => {
    await using worker = startCli(["worker"], ground.environment);
    await worker.says("latchkey is up");
    const runId = await submitLongFlow(20_000);
    worker.child.kill("SIGTERM");
    await worker.says('"stopping"');
    worker.child.kill("SIGTERM");
    expect(await worker.ended()).toMatchObject({ code: 0 });
    const { runs, database } = await ground.parts.store();
    expect(await runs.get("default", runId)).toMatchObject({ status: "queued", worker: null, outcome: null });
    await database.kysely.deleteFrom("runs").where("id", "=", runId).execute();
  });
});

/** Pids of the Chromium processes a worker has started, by their parent chain. */
async function chromiumsOf(worker: number): Promise<number[]> {
  const processes = await Promise.all(
    (await readdir("/proc"))
      .filter((name) => /^\d+$/.test(name))
      .map(async (name) => {
        const stat = await readFile(`/proc/${name}/stat`, "utf8").catch(() => "");
        const [, command = "", , parent = "0"] = /^\d+ \((.*)\) (\S) (\d+)/.exec(stat) ?? [];
        return { pid: Number(name), command, parent: Number(parent) };
      }),
  );
  const family = new Set([worker]);
  for (let grown = true; grown; ) {
    const more = processes.filter(({ pid, parent }) => family.has(parent) && !family.has(pid));
    for (const { pid } of more) family.add(pid);
    grown = more.length > 0;
  }
  return processes
    .filter(({ pid, command }) => family.has(pid) && pid !== worker && /chrom/.test(command))
    .map(({ pid }) => pid);
}

/** A zombie that its parent has not reaped yet is dead. */
async function isAlive(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return stat !== "" && !/\) [ZX] /.test(stat);
}

async function profileFoldersOf(pid: number): Promise<string[]> {
  return (await readdir(tmpdir())).filter(
    (name) => name.startsWith("latchkey-chromium-") && name.includes(`-${pid}-`),
  );
}
