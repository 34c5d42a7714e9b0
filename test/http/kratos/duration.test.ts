import fc from "fast-check";
import { expect, test } from "vitest";
import { parseDuration, printDuration } from "../../../src/http/kratos/duration.ts";

test.each([
  ["1h", 3_600_000_000_000n, "1h0m0s"],
  ["1m30s", 90_000_000_000n, "1m30s"],
  ["500ms", 500_000_000n, "500ms"],
  ["1.5h", 5_400_000_000_000n, "1h30m0s"],
  ["-1h", -3_600_000_000_000n, "-1h0m0s"],
  ["+5s", 5_000_000_000n, "5s"],
  ["0", 0n, "0s"],
  ["0h", 0n, "0s"],
  ["1h2m3.5s", 3_723_500_000_000n, "1h2m3.5s"],
  ["1.5us", 1_500n, "1.5µs"],
  ["2µs", 2_000n, "2µs"],
  ["7ns", 7n, "7ns"],
  [".5m", 30_000_000_000n, "30s"],
  ["1.m", 60_000_000_000n, "1m0s"],
  ["90m", 5_400_000_000_000n, "1h30m0s"],
])("%s is read, and printed as Go prints it", (text, nanoseconds, printed) => {
  expect(parseDuration(text)).toBe(nanoseconds);
  expect(printDuration(nanoseconds)).toBe(printed);
});

test.each(["", "-", "1", "1 h", "h", "1d", "not-a-valid-value", ".s", "1h ", "--1h", "9999999999h", "1\nh"])(
  "%j is no duration",
  (text) => {
    expect(parseDuration(text)).toBeUndefined();
  },
);

test("whatever is printed is read as what it was", () => {
  const duration = fc.bigInt({ min: -(2n ** 63n) + 1n, max: 2n ** 63n - 1n });
  fc.assert(
    fc.property(duration, (value) => {
      expect(parseDuration(printDuration(value))).toBe(value);
    }),
  );
});

test("the parts of a duration add up, in any order", () => {
  const sizes = { ns: 1n, us: 1_000n, ms: 1_000_000n, s: 1_000_000_000n, m: 60_000_000_000n };
  const part = fc.tuple(fc.nat(100_000), fc.constantFrom("ns", "us", "ms", "s", "m"));
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => {
      const sum = parts.reduce((total, [count, unit]) => total + BigInt(count) * sizes[unit], 0n);
      expect(parseDuration(parts.map(([count, unit]) => `${count}${unit}`).join(""))).toBe(sum);
    }),
  );
});
