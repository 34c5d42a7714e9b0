import { expect, test } from "vitest";
import type { RunEvent } from "../../../src/events.ts";
import { stepsOf } from "../../../src/job/connect/progress.ts";

const decided = (action: string): RunEvent => ({
  type: "decision",
  decision: { atMs: 0, url: "https://x.example/", saw: "", action, reason: "" },
});
const started: RunEvent = { type: "started", attempt: 1, worker: "w" };
const login: RunEvent = { type: "stage", stage: "login", status: "started" };
const underWay = (events: RunEvent[], isLook = false) =>
  stepsOf(events, { isLook }).find(({ status }) => status === "under way")?.name;

test("each step begins with what the run tells of it", () => {
  const events: RunEvent[] = [];
  const then = (event: RunEvent) => {
    events.push(event);
    return underWay(events);
  };
  expect(underWay([])).toBe("browser");
  expect(then({ type: "queued" })).toBe("browser");
  expect(then(started)).toBe("browser");
  expect(then(login)).toBe("site");
  expect(then(decided("wait"))).toBe("site");
  expect(then(decided("submit the user name"))).toBe("credentials");
  expect(then(decided("submit password"))).toBe("credentials");
  expect(then(decided("submit code"))).toBe("code");
  expect(then({ type: "login", result: "signed_in", submits: { password: 1, code: 1 } })).toBe("proof");
  expect(then({ type: "outcome", outcome: { status: "succeeded", result: {} } })).toBeUndefined();
  expect(stepsOf(events).map(({ status }) => status)).toEqual(Array.from({ length: 5 }, () => "done"));
});

test("a code is a step only where one is asked for, and an attempt anew begins anew", () => {
  const names = (events: RunEvent[]) => stepsOf(events).map(({ name }) => name);
  expect(names([started, login])).not.toContain("code");
  const asked: RunEvent = { type: "waiting_for_code", channel: "sms", expects: "code", until: "" };
  expect(names([started, login, asked])).toContain("code");
  expect(names([started, login, asked, started])).not.toContain("code");
});

test("a turn is waited for only where the account is in use, and then first", () => {
  const deferred: RunEvent = { type: "deferred", reason: "another run holds the identity", delayMs: 1_000 };
  expect(stepsOf([started, deferred])[0]).toEqual({ name: "turn", status: "under way" });
  expect(underWay([started, deferred, started])).toBe("turn");
  const session: RunEvent = { type: "stage", stage: "session", status: "started" };
  expect(underWay([started, deferred, started, session])).toBe("browser");
  const free = stepsOf([started, deferred, started, login]);
  expect(free.map(({ name }) => name).slice(0, 3)).toEqual(["turn", "browser", "site"]);
  expect([free[0]?.status, underWay([started, deferred, started, login])]).toEqual(["done", "site"]);
});

test("a look at what was signed in to by hand gives the site nothing", () => {
  expect(stepsOf([started, login], { isLook: true }).map(({ name }) => name)).toEqual(["browser", "proof"]);
  expect(underWay([started, login], true)).toBe("proof");
});
