import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatInterval, parseInterval } from "../../../src/job/schedule/interval.ts";

describe("an interval", () => {
  test.each([
    ["90s", 90_000],
    ["15m", 900_000],
    ["1h30m", 5_400_000],
    ["1h 30m", 5_400_000],
    ["2d", 172_800_000],
    ["1W", 604_800_000],
    ["250ms", 250],
    ["PT15M", 900_000],
    ["P1DT12H", 129_600_000],
    ["P2W", 1_209_600_000],
    ["pt1h", 3_600_000],
  ])("%s is read", (text, ms) => {
    expect(parseInterval(text)).toBe(ms);
  });

  test.each([
    "",
    "15",
    "m",
    "15 minutes",
    "-5m",
    "1.5h",
    "P",
    "PT",
    "P1M",
    "P1Y",
    "P1DT",
    "1e9d",
    "15m!",
    "mm",
  ])("%j is refused", (text) => {
    expect(parseInterval(text)).toBeUndefined();
  });

  test("one too long to count is refused", () => {
    expect(parseInterval(`${"9".repeat(20)}d`)).toBeUndefined();
  });

  test("what is written is read back", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 366 * 86_400_000 }), (ms) => {
        expect(parseInterval(formatInterval(ms))).toBe(ms);
      }),
    );
  });

  test("no text makes it throw or give anything but a whole number of milliseconds", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[PT\dWDHMSwdhms ]{0,12}$/)), (text) => {
        const ms = parseInterval(text);
        expect(ms === undefined || (Number.isSafeInteger(ms) && ms >= 0)).toBe(true);
      }),
    );
  });
});
