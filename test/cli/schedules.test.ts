import { resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { latchkey } from "../support/cli.ts";
import { newIdentity } from "../support/identities.ts";
import { openTestParts, type TestParts } from "../support/parts.ts";

let ground: TestParts;

beforeAll(async () => {
  ground = await openTestParts({ settings: { LATCHKEY_FLOWS_DIR: resolve("test/support/flows") } });
  const { identities } = await ground.parts.store();
  await identities.create("default", newIdentity({ name: "me" }), { name: "test" });
});
afterAll(() => ground[Symbol.asyncDispose]());

/** Each command is a process of its own. */
const timeout = 90_000;

const run = (...args: string[]) => latchkey(args, ground.environment);

test("a schedule is added with its next times, listed, run by hand, shown and removed", {
  timeout,
}, async () => {
  const when = ["--cron", "30 2 * * *", "--time-zone", "Europe/Berlin", "--jitter", "5m"];
  const added = await run("schedules", "add", "nightly", "--flow", "trial/look", "--identity", "me", ...when);
  expect(added).toMatchObject({ code: 0, stderr: "" });
  expect(added.stdout).toMatch(
    /^✓ nightly is scheduled\n(?: {2}\w{3} \d{4}-\d\d-\d\d \d\d:3\d:\d\d CES?T \(in .+\)\n){5}$/,
  );

  const [odd, ran] = await Promise.all([
    run("schedules", "add", "odd", "--flow", "trial/look", "--identity", "me", "--cron", "* * *"),
    run("schedules", "run", "nightly", "--json"),
  ]);
  expect(odd.code).toBe(1);
  expect(odd.stderr).toContain("cron: has not five fields");
  const { runId } = JSON.parse(ran.stdout) as { runId: string };

  const [list, shown, runs, paused] = await Promise.all([
    run("schedules", "list"),
    run("schedules", "show", "nightly"),
    run("runs", "--schedule", "nightly", "--json"),
    run("schedules", "pause", "nightly"),
  ]);
  expect(list.stdout).toMatch(
    /^NAME +FLOW +IDENTITY +WHEN +NEXT +LAST\nnightly +trial\/look +me +30 2 \* \* \* Europe\/Berlin /,
  );
  expect(shown.stdout).toMatch(/^Jitter +up to 5m$/m);
  expect(shown.stdout).toContain(runId);
  expect(shown.stdout).toContain("submitted, by hand");
  expect((JSON.parse(runs.stdout) as { id: string }[]).map(({ id }) => id)).toEqual([runId]);
  expect(paused.stdout).toBe("✓ nightly is paused\n");
  expect((await run("schedules", "rm", "nightly")).stdout).toBe("✓ nightly is removed\n");
});

test("health is set, and shown with whether an identity can be signed in unattended", {
  timeout,
}, async () => {
  const [set, health, one, updated] = await Promise.all([
    run("health", "schedule", "--every", "6h", "--jitter", "30m", "--json"),
    run("identities", "health"),
    run("identities", "health", "me"),
    run("identities", "update", "me", "--no-health-checks", "--no-auto-reauthenticate", "--json"),
  ]);
  expect(JSON.parse(set.stdout)).toMatchObject({ kind: "health", everyMs: 21_600_000, jitterMs: 1_800_000 });
  expect(health.stdout).toMatch(/^NAME +HEALTH +SEEN +WHY\nme +unknown +never +Nobody has looked yet\.\n$/);
  expect(one.stdout).toMatch(
    /^Unattended login +not possible: It was never signed in with its present credentials/m,
  );
  expect(JSON.parse(updated.stdout)).toMatchObject({ healthChecks: false, autoReauthenticate: false });
});
