import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ago, counted, duration, shellWord, size } from "../../src/cli/format.ts";

test("durations read as people say them", () => {
  expect([0, 12.4, 99.9, 840, 59_990, 60_000, 200_400].map(duration)).toEqual([
    "0 ms",
    "12 ms",
    "100 ms",
    "0.84 s",
    "59.99 s",
    "1 min 0 s",
    "3 min 20 s",
  ]);
});

test("times past are told in the largest unit, and a clock that runs behind never tells the future", () => {
  const now = Date.parse("2026-03-01T12:00:00Z");
  const past = (seconds: number) => ago(new Date(now - seconds * 1_000), now);
  expect([-5, 0, 59, 60, 3_599, 3_600, 86_399, 86_400, 200_000].map(past)).toEqual([
    "0 s ago",
    "0 s ago",
    "59 s ago",
    "1 min ago",
    "59 min ago",
    "1 h ago",
    "23 h ago",
    "1 day ago",
    "2 days ago",
  ]);
});

test("sizes and counts are rounded and take their plurals", () => {
  expect([1, 1_426, 128_594, 3_600_000].map(size)).toEqual(["1 byte", "1,426 bytes", "126 KiB", "3.4 MiB"]);
  expect([counted(1, "identity", "identities"), counted(2_000, "identity", "identities")]).toEqual([
    "1 identity",
    "2,000 identities",
  ]);
});

test("any text is one word to a shell", () => {
  const words = fc.sample(
    fc.string({ unit: "grapheme", minLength: 1 }).filter((text) => !text.includes("\0")),
    50,
  );
  const given = [...words, "me", "by env", "it's", "$HOME", "`id`", "a\nb", "*"];
  const shown = execFileSync("sh", ["-c", `printf '%s\\0' ${given.map(shellWord).join(" ")}`], {
    encoding: "utf8",
  });
  expect(shown.split("\0").slice(0, -1)).toEqual(given);
  expect(shellWord("web/capture")).toBe("web/capture");
});
