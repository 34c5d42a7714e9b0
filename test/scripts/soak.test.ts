import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { createRandom } from "../../scripts/soak/random.ts";
import { createSiteLog } from "../../scripts/soak/site-log.ts";

// Two minutes of faults at random moments, which a suite that must be quick and the same each time has no room for.
const soaks = process.env["LATCHKEY_TEST_SOAK"] === "true";

test.runIf(soaks)("a small soak breaks nothing, and says what it did", { timeout: 300_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), "latchkey-test-soak-"));
  try {
    const json = join(folder, "soak.json");
    const args = ["--runs", "30", "--identities", "6", "--workers", "2", "--minutes", "1", "--seed", "7"];
    const { stdout } = await promisify(execFile)(process.execPath, [
      "scripts/soak.ts",
      ...args,
      "--json",
      json,
    ]);
    expect(stdout).toContain("Every run ended once");
    const result = JSON.parse(await readFile(json, "utf8")) as {
      breaches: string[];
      figures: Record<string, number>;
    };
    expect(result.breaches).toEqual([]);
    expect(result.figures["ended"]).toBe(result.figures["runs"]);
    expect(result.figures["faults"]).toBeGreaterThan(0);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test("the same seed makes the same timetable", () => {
  const draw = (seed: number) => {
    const random = createRandom(seed);
    return Array.from({ length: 20 }, () => random.weighted({ rare: 1, usual: 5 }) + random.between(1, 9));
  };
  expect(draw(3)).toEqual(draw(3));
  expect(draw(3)).not.toEqual(draw(4));
});

test("the site's log sees work of one user that overlapped, and only that", () => {
  const log = createSiteLog();
  const visit = (username: string, attempt: string, turn: string) =>
    log.onVisit({
      method: "GET",
      url: `/statements?work=1&attempt=${attempt}&turn=${turn}`,
      sessionId: "s",
      username,
    });
  visit("ada", "a", "begin");
  visit("ben", "b", "begin");
  visit("ada", "a", "end");
  visit("ada", "c", "begin");
  expect(log.overlaps()).toEqual([]);
  visit("ada", "d", "begin");
  visit("ada", "c", "end");
  expect(log.overlaps().map((pair) => pair.map(({ attempt }) => attempt))).toEqual([["c", "d"]]);
});
