import type { RunEvent } from "../events.ts";
import type { FailedOutcome, Outcome } from "../outcome.ts";

/** A file a run left, as the API lists it. */
export interface RunArtifact {
  name: string;
  kind: "screenshot" | "download" | "trace" | "snapshot" | "file";
  contentType: string;
  bytes: number;
  /** Signed: it can be fetched without a key until it expires. */
  url: string;
}

/** A run as the API shows it. Times are ISO 8601. */
export interface Run<Output = unknown> {
  id: string;
  flow: string;
  identityId: string;
  input: unknown;
  tags: Record<string, string>;
  status: "queued" | "deferred" | "running" | "waiting_for_code" | "succeeded" | "failed";
  attempts: number;
  maxAttempts: number;
  artifacts: RunArtifact[];
  outcome: RunOutcome<Output> | null;
  createdAt: string;
  startedAt: string | null;
  endedAt: string | null;
}

export type RunOutcome<Output = unknown> = { status: "succeeded"; result: Output } | FailedOutcome;

/** A run that has ended: its outcome is there. */
export interface EndedRun<Output = unknown> extends Run<Output> {
  status: Outcome["status"];
  outcome: RunOutcome<Output>;
  endedAt: string;
}

/** An event of a run; `id` is what watching can be taken up again from. */
export type WatchedEvent = RunEvent & { id: string };

/** What a run is asked to be, beside its flow. */
export interface RunRequest<Input = unknown> {
  /** Id or name of the identity to run as. */
  identityId: string;
  input: Input;
  /** 1 is the most urgent; without one a run comes before all that have one. */
  priority?: number;
  /** Start no sooner than in so many milliseconds. */
  delayMs?: number;
  /** Longest the run may take, in milliseconds. */
  deadlineMs?: number;
  /** Attempts in all, the first included. */
  attempts?: number;
  /** How long its login may wait for a code to be handed in, in milliseconds. */
  codeTimeoutMs?: number;
  /** Record a Playwright trace of the flow. */
  trace?: boolean;
  /** Told when the run ends, signed by the Standard Webhooks specification. */
  webhookUrl?: string;
  tags?: Record<string, string>;
}

/** A request whose flow takes no input may leave it out. */
export type RunRequestOf<Input> = undefined extends Input
  ? Omit<RunRequest<Input>, "input"> & { input?: Input }
  : RunRequest<Input>;

export interface RunList {
  runs: Run[];
  /** Of the next page; null on the last. */
  nextCursor: string | null;
}

export interface RunFilter {
  status?: Run["status"];
  flow?: string;
  identityId?: string;
  limit?: number;
  cursor?: string;
}
