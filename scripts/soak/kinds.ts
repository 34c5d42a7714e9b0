import type { FailureCode } from "../../src/failure.ts";

/** What a run is asked to do. */
export interface Kind {
  /** How many of a thousand runs. */
  share: number;
  how: string;
  ms?: number;
  deadlineMs?: number;
  trace?: boolean;
  /** Cancelled a moment after it was submitted. */
  cancel?: boolean;
  /** What it comes to when nothing goes wrong. */
  expected: "succeeded" | FailureCode;
}

export const kinds = {
  quick: { share: 620, how: "quick", expected: "succeeded" },
  slow: { share: 110, how: "slow", ms: 2_000, expected: "succeeded" },
  download: { share: 70, how: "download", expected: "succeeded" },
  traced: { share: 30, how: "quick", trace: true, expected: "succeeded" },
  leaking: { share: 30, how: "leak", expected: "succeeded" },
  "reject later": { share: 20, how: "reject later", expected: "succeeded" },
  blocking: { share: 10, how: "block", ms: 1_500, expected: "succeeded" },
  throwing: { share: 40, how: "throw", expected: "flow_failed" },
  "throws no error": { share: 20, how: "throw no error", expected: "flow_failed" },
  "returns too much": { share: 10, how: "return too much", expected: "invalid_output" },
  "never ends": { share: 20, how: "never end", deadlineMs: 8_000, expected: "deadline_exceeded" },
  cancelled: { share: 20, how: "slow", ms: 20_000, cancel: true, expected: "cancelled" },
  "endless loop": { share: 0, how: "block", ms: 3_600_000, expected: "worker_lost" },
} as const satisfies Record<string, Kind>;

export type KindName = keyof typeof kinds;

export const faultNames = [
  "worker killed",
  "worker stopped",
  "Postgres restarted",
  "Postgres crashed",
  "Redis restarted",
  "Redis emptied",
  "Chromium killed",
  "page killed",
  "site answers 500",
  "site hangs",
  "sessions expired",
  "disk full",
  "clock jumped",
  "receiver down",
  "endless loop",
] as const;
export type FaultName = (typeof faultNames)[number];

/** Which faults a failure may truthfully be put down to; a code that is not listed never fits. */
export const causes: Partial<Record<FailureCode, readonly FaultName[]>> = {
  browser_crashed: ["Chromium killed", "page killed", "endless loop"],
  browser_unavailable: ["Chromium killed", "disk full"],
  site_error: ["site answers 500"],
  site_unreachable: ["site hangs", "Chromium killed", "page killed"],
  login_unrecognised: ["site answers 500", "site hangs"],
  flow_timed_out: ["site answers 500", "site hangs", "endless loop"],
  flow_failed: ["site answers 500", "site hangs", "Chromium killed", "page killed"],
  session_lapsed: ["sessions expired"],
  database_unavailable: ["Postgres restarted", "Postgres crashed"],
  queue_unavailable: ["Postgres restarted", "Postgres crashed", "Redis restarted", "Redis emptied"],
  // A code made by a clock that jumps in mid-login is wrong; the identity then needs somebody to look at it.
  invalid_one_time_code: ["clock jumped"],
  identity_failed: ["clock jumped"],
  lease_lost: ["Postgres restarted", "Postgres crashed", "endless loop", "worker stopped"],
  worker_lost: ["worker killed", "endless loop"],
  artifact_failed: ["disk full"],
  deadline_exceeded: ["site hangs", "site answers 500", "Postgres restarted", "Postgres crashed"],
};
