import type { RunEvent } from "../events.ts";
import type { FailureCode } from "../failure.ts";
import type { FailedOutcome, Outcome, StageRecord } from "../outcome.ts";

/** A file a run left, as the API lists it. */
export interface RunArtifact {
  name: string;
  kind: "screenshot" | "download" | "trace" | "snapshot" | "file";
  contentType: string;
  bytes: number;
  /** Path at the service: signed, so that it can be fetched without a key until it expires. */
  url: string;
}

export type RunStatus = "queued" | "deferred" | "running" | "waiting_for_code" | "succeeded" | "failed";

/** A run as the API shows it. Times are ISO 8601. */
export interface Run<Output = unknown> {
  id: string;
  project: string;
  flow: string;
  identityId: string;
  input: unknown;
  /** Where its session was asked for; null where that was left to the identity and the service. */
  provider: string | null;
  tags: Record<string, string>;
  status: RunStatus;
  attempts: number;
  maxAttempts: number;
  /** The schedule that made it. */
  scheduleId: string | null;
  /** The batch it was submitted in. */
  batchId: string | null;
  webhookUrl: string | null;
  /** The run whose job it does again. */
  retryOf: string | null;
  cancelRequestedAt: string | null;
  stages: StageRecord[];
  artifacts: RunArtifact[];
  /** Null until it has ended. */
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

/** An event of a run; `id` is what watching can be taken up again from, `at` when it happened. */
export type WatchedEvent = RunEvent & { id: string; at: string };

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
  /** Where its session comes from; the identity's, else the service's setting, unless given. */
  provider?: "local" | "cdp" | "anchor";
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
  items: Run[];
  /** Of the next page; null on the last. */
  nextCursor: string | null;
}

export interface RunFilter {
  status?: RunStatus;
  flow?: string;
  /** Id or name. */
  identityId?: string;
  scheduleId?: string;
  batchId?: string;
  limit?: number;
  cursor?: string;
}

/** Runs that were submitted as one, and how far they have come. */
export interface Batch {
  id: string;
  project: string;
  name: string | null;
  total: number;
  /** Its runs by status. */
  counts: Record<RunStatus, number>;
  /** Its failed runs by code. */
  failures: Partial<Record<FailureCode, number>>;
  createdAt: string;
  /** Null while one of its runs has not ended. */
  endedAt: string | null;
}

/** A run of a batch, as far as the batch's stream tells. */
export interface BatchRun {
  id: string;
  flow: string;
  identityId: string;
  status: RunStatus;
  code: FailureCode | null;
}

/** What happens in a batch. A stream that broke begins again: `run` may tell of the same end twice. */
export type BatchEvent =
  | { type: "run"; run: BatchRun }
  | { type: "progress"; total: number; counts: Batch["counts"] }
  | { type: "ended"; batch: Batch };
