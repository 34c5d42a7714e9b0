import { describe, expect, test } from "vitest";
import { Failure, type FailureCode } from "../../../src/failure.ts";
import { findingOf } from "../../../src/job/run/note-health.ts";
import { failedOutcome, type Outcome } from "../../../src/outcome.ts";

const failed = (code: FailureCode): Outcome => failedOutcome(new Failure(code, "Our own words."));
const succeeded: Outcome = { status: "succeeded", result: null };

describe("what a run finds out about its identity", () => {
  test.each([
    ["a run whose state signs in", { by: "saved_state" }, succeeded, "healthy", null],
    ["a run that signed in", { by: "login" }, succeeded, "healthy", null],
    ["a flow that failed, signed in", { by: "saved_state" }, failed("flow_failed"), "healthy", null],
    [
      "a session that ended in mid-flow",
      { by: "saved_state" },
      failed("session_lapsed"),
      "unsure",
      "session_lapsed",
    ],
    [
      "a check that found it lapsed",
      { lapsed: "It has lapsed." },
      succeeded,
      "needs_attention",
      "session_lapsed",
    ],
    [
      "a refused password",
      undefined,
      failed("invalid_credentials"),
      "needs_attention",
      "invalid_credentials",
    ],
    ["a locked account", undefined, failed("account_locked"), "needs_attention", "account_locked"],
    ["a captcha", undefined, failed("captcha_required"), "needs_attention", "captcha_required"],
    ["a site that is down", undefined, failed("site_unreachable"), "unsure", "site_unreachable"],
    ["a site that limits logins", undefined, failed("rate_limited"), "unsure", "rate_limited"],
  ] as const)("%s", (_name, seen, outcome, state, code) => {
    expect(findingOf(seen, outcome)).toMatchObject({ state, code });
  });

  test("what may be a fluke is to be seen twice", () => {
    expect(findingOf(undefined, failed("login_unrecognised"))).toMatchObject({ confirm: true });
    expect(findingOf(undefined, failed("invalid_credentials"))).not.toHaveProperty("confirm");
  });

  test.each([
    "browser_crashed",
    "worker_lost",
    "cancelled",
    "deadline_exceeded",
    "identity_busy",
    "internal_error",
  ] as const)("%s says nothing of it", (code) => {
    expect(findingOf(undefined, failed(code))).toBeUndefined();
  });
});
