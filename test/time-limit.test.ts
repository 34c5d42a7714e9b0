import { expect, test } from "vitest";
import { createTimeLimit } from "../src/time-limit.ts";

const aborted = (signal: AbortSignal) =>
  new Promise<number>((resolve) => {
    const startedAt = performance.now();
    signal.addEventListener("abort", () => resolve(performance.now() - startedAt), { once: true });
  });

test("the limit is reached when the time is used up", async () => {
  using limit = createTimeLimit(20);
  await aborted(limit.signal);
  expect(limit.signal.reason).toMatchObject({ name: "TimeoutError" });
});

test("while it is paused no time is used, and pauses that overlap end with the last", async () => {
  using limit = createTimeLimit(30);
  const first = limit.pause();
  const second = limit.pause();
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  await new Promise((resolve) => setTimeout(resolve, 80));
  expect(limit.signal.aborted).toBe(false);
  const left = aborted(limit.signal);
  second[Symbol.dispose]();
  expect(await left).toBeGreaterThan(0);
});

test("what was disposed of is never reached, a pause that ends later notwithstanding", async () => {
  const limit = createTimeLimit(10);
  const paused = limit.pause();
  limit[Symbol.dispose]();
  paused[Symbol.dispose]();
  await new Promise((resolve) => setTimeout(resolve, 40));
  expect(limit.signal.aborted).toBe(false);
});
