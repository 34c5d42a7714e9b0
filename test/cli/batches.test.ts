import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type PracticeSite, practiceUsers, startPracticeSite } from "../../practice/site.ts";
import { startService } from "../../src/main.ts";
import { latchkey } from "../support/cli.ts";
import { addPracticeIdentity, openTestParts, type TestParts } from "../support/parts.ts";

const [, ben] = practiceUsers;
let site: PracticeSite;
let ground: TestParts;

beforeAll(async () => {
  site = await startPracticeSite({ users: [ben] });
  ground = await openTestParts({
    settings: { LATCHKEY_FLOWS_DIR: resolve("test/support/flows"), LATCHKEY_LOG_LEVEL: "" },
  });
  await addPracticeIdentity(ground.parts, site.url, ben, { name: "ben" });
});
afterAll(async () => {
  await ground[Symbol.asyncDispose]();
  await site.close();
});

const lines = (...jobs: object[]) => jobs.map((job) => JSON.stringify(job)).join("\n");
const look = (word: string) => ({ flow: "trial/look", identityId: "ben", input: { word } });

test("a file of runs is queued as one, listed, followed to its end, and tells what it came to", async () => {
  const file = join(ground.environment["LATCHKEY_DATA_DIR"] ?? "", "runs.jsonl");
  const throws = { flow: "trial/misbehave", identityId: "ben", input: { how: "throw" }, attempts: 1 };
  await writeFile(file, `${lines(look("one"), look("two"), throws)}\n\n`);
  const submitted = await latchkey(
    ["batches", "submit", file, "--name", "nightly", "--json"],
    ground.environment,
  );
  expect(submitted).toMatchObject({ code: 0, stderr: "" });
  const { batch, runIds } = JSON.parse(submitted.stdout) as { batch: { id: string }; runIds: string[] };
  expect(runIds).toHaveLength(3);
  const listed = await latchkey(["batches", "list"], ground.environment);
  expect(listed.stdout).toMatch(new RegExp(`${batch.id} +nightly +0 of 3 runs ended`));

  const service = await startService(ground.parts, new Set(["worker"]));
  const followed = await latchkey(["batches", "show", batch.id.slice(0, 8), "--watch"], ground.environment);
  await service.stop(1_000);
  expect(followed.stderr).toContain("of 3 runs ended");
  expect(followed.stdout).toBe(`✗ 3 of 3 runs ended, 1 failed  ${batch.id}\n  flow_failed  1\n`);
  expect(followed.code).toBe(1);
});

test("what waits of a batch is cancelled; standard input will do for a file", async () => {
  const { stdout } = await latchkey(["batches", "submit", "-"], ground.environment, {
    stdin: lines(look("a"), look("b")),
  });
  const [, id = ""] = /^✓ queued 2 runs as (\S+)\n/.exec(stdout) ?? [];
  const cancelled = await latchkey(["batches", "cancel", id], ground.environment);
  expect(cancelled.stdout).toBe(`✗ 2 of 2 runs ended, 2 failed  ${id}\n  cancelled  2\n`);
});

test("a file with a fault queues nothing, and each fault is told with its line", async () => {
  const before = await latchkey(["runs", "--json"], ground.environment);
  const faulty = `${lines(look("fine"), { ...look("x"), password: "hunter2" })}\n{"flow":`;
  const { code, stdout, stderr } = await latchkey(["batches", "submit", "-"], ground.environment, {
    stdin: faulty,
  });
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toMatch(/^✗ invalid_argument: Nothing was submitted\. line 2: .*; line 3: it is not JSON\./);
  expect(stderr).not.toContain("hunter2");
  const unknown = await latchkey(["batches", "submit", "-"], ground.environment, {
    stdin: lines(look("fine"), { ...look("x"), identityId: "nobody" }),
  });
  expect(unknown.stderr).toMatch(
    /^✗ invalid_input: Nothing was submitted: runs\.1\.identityId: There is no such identity\./,
  );
  expect((await latchkey(["runs", "--json"], ground.environment)).stdout).toBe(before.stdout);
});
