import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { check } from "../../../src/identity/identity-input.ts";
import { newScheduleSchema } from "../../../src/job/schedule/schedule-input.ts";
import {
  drawUpTo,
  nextFire,
  nextFires,
  readTiming,
  shortestGap,
  type Timing,
  writeTiming,
} from "../../../src/job/schedule/timing.ts";

const at = (text: string) => Date.parse(text);

function timing(change: Partial<Timing>): Timing {
  return { anchor: at("2026-01-01T00:00:00Z"), timeZone: "UTC", jitterMs: 0, seed: "one", ...change };
}

function times(change: Partial<Timing>, after: string, count = 5): string[] {
  return nextFires(timing(change), at(after), count).map((ms) => new Date(ms).toISOString().slice(0, 16));
}

const berlin = { timeZone: "Europe/Berlin" };

describe("cron times where the clocks change (Europe/Berlin)", () => {
  test("a time of day that spring skips comes an hour later by the clock, and once", () => {
    // 28 March 2027: 01:59:59 CET is followed by 03:00:00 CEST.
    expect(times({ ...berlin, cron: "30 2 * * *" }, "2027-03-27T00:00:00Z", 3)).toEqual([
      "2027-03-27T01:30",
      "2027-03-28T01:30",
      "2027-03-29T00:30",
    ]);
  });

  test("a time of day that is there twice in autumn comes the first time only", () => {
    // 25 October 2026: 02:59:59 CEST is followed by 02:00:00 CET.
    expect(times({ ...berlin, cron: "30 2 * * *" }, "2026-10-24T01:00:00Z", 3)).toEqual([
      "2026-10-25T00:30",
      "2026-10-26T01:30",
      "2026-10-27T01:30",
    ]);
  });

  test("asked between the two half past twos of autumn, the next is tomorrow's", () => {
    expect(times({ ...berlin, cron: "30 2 * * *" }, "2026-10-25T00:30:00.500Z", 1)).toEqual([
      "2026-10-26T01:30",
    ]);
  });

  test("times every half hour go on through both", () => {
    expect(times({ ...berlin, cron: "*/30 * * * *" }, "2027-03-28T00:00:00Z", 4)).toEqual([
      "2027-03-28T00:30",
      "2027-03-28T01:00",
      "2027-03-28T01:30",
      "2027-03-28T02:00",
    ]);
    expect(times({ ...berlin, cron: "*/30 * * * *" }, "2026-10-25T00:00:00Z", 4)).toEqual([
      "2026-10-25T00:30",
      "2026-10-25T01:00",
      "2026-10-25T01:30",
      "2026-10-25T02:00",
    ]);
  });

  test("nine in the morning stays nine in the morning", () => {
    const hours = nextFires(timing({ ...berlin, cron: "0 9 * * *" }), at("2026-10-20T00:00:00Z"), 200).map(
      (ms) => new Intl.DateTimeFormat("en-GB", { ...berlin, timeStyle: "short" }).format(ms),
    );
    expect(new Set(hours)).toEqual(new Set(["09:00"]));
  });

  test("New York's clocks change on other days", () => {
    expect(times({ timeZone: "America/New_York", cron: "30 2 * * *" }, "2027-03-13T08:00:00Z", 2)).toEqual([
      "2027-03-14T07:30",
      "2027-03-15T06:30",
    ]);
  });
});

describe("intervals", () => {
  test("are counted from when the schedule was made, whatever the clocks do", () => {
    expect(times({ ...berlin, everyMs: 86_400_000 }, "2026-10-24T12:00:00Z", 3)).toEqual([
      "2026-10-25T00:00",
      "2026-10-26T00:00",
      "2026-10-27T00:00",
    ]);
  });

  test("begin at the start, where there is one", () => {
    const startsAt = at("2026-02-01T10:00:00Z");
    expect(times({ everyMs: 7_200_000, startsAt, anchor: startsAt }, "2026-01-05T00:00:00Z", 2)).toEqual([
      "2026-02-01T10:00",
      "2026-02-01T12:00",
    ]);
  });

  test("end at the end", () => {
    const endsAt = at("2026-01-01T03:00:00Z");
    expect(times({ everyMs: 3_600_000, endsAt }, "2026-01-01T00:30:00Z")).toEqual([
      "2026-01-01T01:00",
      "2026-01-01T02:00",
      "2026-01-01T03:00",
    ]);
    expect(nextFire(timing({ cron: "0 * * * *", endsAt }), endsAt)).toBeUndefined();
  });
});

test("H stands for a minute of the schedule's own, always the same", () => {
  const [first, second] = times({ cron: "H 3 * * *", seed: "a" }, "2026-01-01T00:00:00Z", 2);
  expect(second?.slice(11)).toBe(first?.slice(11));
  const minutes = ["a", "b", "c", "d", "e"].map((seed) =>
    times({ cron: "H 3 * * *", seed }, "2026-01-01T00:00:00Z", 1)[0]?.slice(14),
  );
  expect(new Set(minutes).size).toBeGreaterThan(1);
});

const crons = fc.constantFrom(
  "* * * * *",
  "*/7 * * * *",
  "30 2 * * *",
  "0 9 * * 1-5",
  "15,45 1-3 * * *",
  "*/20 * * * * *",
  "0 0 1 * *",
  "@daily",
);
const zones = fc.constantFrom(
  "UTC",
  "Europe/Berlin",
  "America/New_York",
  "Australia/Lord_Howe",
  "Asia/Kolkata",
);
const timings = fc
  .record({
    cron: fc.option(crons, { nil: undefined }),
    everyMs: fc.integer({ min: 60_000, max: 90_000_000 }),
    timeZone: zones,
    jitterMs: fc.integer({ min: 0, max: 60_000 }),
    seed: fc.string({ minLength: 1, maxLength: 5 }),
  })
  .map(({ cron, everyMs, ...rest }) => timing({ ...(cron === undefined ? { everyMs } : { cron }), ...rest }));
const moments = fc.integer({ min: at("2026-01-01T00:00:00Z"), max: at("2029-01-01T00:00:00Z") });

describe("for every timing and moment", () => {
  test("each time is after the one before, and asking from one gives the next", () => {
    fc.assert(
      fc.property(timings, moments, (given, after) => {
        const fires = nextFires(given, after, 6);
        expect(fires).toHaveLength(6);
        expect(fires[0]).toBeGreaterThan(after);
        expect(fires).toEqual(fires.toSorted((a, b) => a - b));
        expect(new Set(fires).size).toBe(6);
        // What is asked a moment before a time is that time: nothing depends on when it is asked.
        for (const fire of fires) expect(nextFire(given, fire - 1)).toBe(fire);
      }),
      { numRuns: 150 },
    );
  });

  test("jitter moves a time later by no more than it may, and for all machines alike", () => {
    fc.assert(
      fc.property(timings, moments, (given, after) => {
        const exact = nextFire({ ...given, jitterMs: 0 }, after) ?? 0;
        const moved = nextFire(given, exact - 1) ?? 0;
        expect(moved - exact).toBeLessThanOrEqual(given.jitterMs);
        expect(nextFire(readTiming(writeTiming(given)), exact - 1)).toBe(moved);
      }),
      { numRuns: 150 },
    );
  });

  test("a cron time without jitter is a whole second", () => {
    fc.assert(
      fc.property(crons, zones, moments, (cron, timeZone, after) => {
        expect((nextFire(timing({ cron, timeZone }), after) ?? 1) % 1_000).toBe(0);
      }),
      { numRuns: 100 },
    );
  });
});

test("jitter is spread evenly over its range", () => {
  const drawn = Array.from({ length: 2_000 }, (_, index) => drawUpTo(9, String(index)));
  for (let value = 0; value <= 9; value += 1) {
    const share = drawn.filter((one) => one === value).length / drawn.length;
    expect(share).toBeGreaterThan(0.07);
    expect(share).toBeLessThan(0.13);
  }
});

test("the shortest gap is between the times, not the days", () => {
  expect(shortestGap(timing({ cron: "0,10 3 * * *" }), at("2026-01-01T00:00:00Z"))).toBe(600_000);
});

describe("a new schedule's times are refused", () => {
  const base = { name: "one", flow: "a/b", identityId: "me" };
  test.each([
    [{ cron: "* * *" }, "five fields"],
    [{ cron: "" }, "five fields"],
    [{ cron: "60 * * * *" }, "no cron expression"],
    [{ cron: "0 0 31 2 *" }, "no cron expression"],
    [{ cron: "* * * * * * *" }, "five fields"],
    [{ cron: "0 0 * * *", timeZone: "Mars/Base" }, "time zone"],
    [{ cron: "0 0 * * *", timeZone: "+01:00" }, "time zone"],
    [{ every: "0s" }, "between one second and 366 days"],
    [{ every: "500d" }, "between one second and 366 days"],
    [{ every: "often" }, "length of time"],
    [{ every: "1h", jitter: "2d" }, "between 0 and one day"],
    [{ every: "1h", startsAt: "tomorrow" }, "startsAt"],
  ])("%j", (times_, words) => {
    expect(() => check(newScheduleSchema, "schedule", { ...base, ...times_ })).toThrow(words);
  });
});
