import type { Failure, FailureCode } from "./failure.ts";

/** The stages of a run, in their order. `save` stores the state of the signed-in session. */
export const stageNames = ["identity", "session", "login", "flow", "save"] as const;
export type StageName = (typeof stageNames)[number];

/** One stage of a run as it went; times are epoch milliseconds. */
export interface StageRecord {
  name: StageName;
  startedAt: number;
  durationMs: number;
  /** What it came to, in a few words: "reused the saved state". */
  detail?: string;
}

/** A file a run left behind, in the artifact store. */
export interface Artifact {
  /** Unique within the run; the last part of its key in the store. */
  name: string;
  kind: "screenshot" | "download" | "trace" | "snapshot" | "file";
  contentType: string;
  bytes: number;
}

/** One decision of the login engine: what was seen, what was done, and why. Holds no secret. */
export interface LoginDecision {
  /** Milliseconds since the login began. */
  atMs: number;
  /** The page's URL without query and fragment. */
  url: string;
  /** What the engine saw, in a few words: "a password field, a 'Sign in' button". */
  saw: string;
  /** What it did or concluded: "fill username", "submit password", "signed in", "refused". */
  action: string;
  /** Why, in words a support engineer understands. */
  reason: string;
}

/** What is kept of a failed run for the person who looks into it. Known secrets are scrubbed from every text. */
export interface Evidence {
  /** Name of the screenshot artifact; password and code fields are masked. */
  screenshot?: string;
  /** Name of the Playwright trace artifact, when a trace was asked for. */
  trace?: string;
  /** The page's last URL, without query and fragment. */
  url?: string;
  title?: string;
  consoleErrors?: string[];
  /** The site's own words where it refused, scrubbed of the identity's values. */
  siteMessage?: string;
  /** The flow's step that failed. */
  step?: string;
  /** What the flow threw, scrubbed; kept here and nowhere else. */
  error?: string;
  decisions?: LoginDecision[];
  /** Name of the artifact with the pages of a login that was not recognised, for `latchkey login --replay`. */
  snapshot?: string;
}

/** What a run came to. */
export type Outcome =
  | { status: "succeeded"; result: unknown }
  | {
      status: "failed";
      code: FailureCode;
      retryable: boolean;
      /** Our own text. */
      message: string;
      advice: string;
      retryAfterMs?: number;
      evidence: Evidence;
    };

export type FailedOutcome = Extract<Outcome, { status: "failed" }>;

/** The outcome a failure makes. */
export function failedOutcome(failure: Failure, evidence: Evidence = {}): FailedOutcome {
  return {
    status: "failed",
    code: failure.code,
    retryable: failure.retryable,
    message: failure.message,
    advice: failure.advice,
    ...(failure.retryAfterMs === undefined ? {} : { retryAfterMs: failure.retryAfterMs }),
    evidence,
  };
}
