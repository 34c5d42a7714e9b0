import type { RunRow } from "../../database/tables.ts";
import type { Artifact, Outcome, StageRecord } from "../../outcome.ts";
import { type Job, jobSchema } from "../job.ts";

export type RunStatus = RunRow["status"];

/** One execution of a flow as an identity, as it stands. */
export interface Run {
  id: string;
  /** Of its job in the queue. */
  jobId: string;
  project: string;
  flow: string;
  identityId: string;
  input: unknown;
  /** Where its session was asked for; null: left to the identity and the configuration. */
  provider: string | null;
  tags: Record<string, string>;
  /** The schedule it was made by, or null. */
  scheduleId: string | null;
  batchId: string | null;
  /**
   * `queued` → `running` → `succeeded | failed`. `deferred`: its identity is held by another run. From `running` it
   * goes back to `queued` when a retryable failure leaves attempts over, or when its worker stops or dies.
   * `waiting_for_code`: still worked on, but its login needs a one-time code that somebody has to hand in.
   */
  status: RunStatus;
  attempts: number;
  maxAttempts: number;
  /** Where its outcome is reported to. */
  webhookUrl: string | null;
  worker: string | null;
  cancelRequestedAt: Date | null;
  stages: StageRecord[];
  artifacts: Artifact[];
  outcome: Outcome | null;
  /** The run whose job it does again. */
  retryOf: string | null;
  createdAt: Date;
  startedAt: Date | null;
  endedAt: Date | null;
}

/** A worker holds it. */
export const workingStatuses = ["running", "waiting_for_code"] as const satisfies RunRow["status"][];

/** The job a run was made from. */
export function toJob(row: RunRow): Job {
  return {
    runId: row.id,
    project: row.project,
    flow: row.flow,
    identityId: row.identity_id,
    trace: row.trace,
    ...(row.input === null ? {} : { input: row.input as NonNullable<Job["input"]> }),
    ...(row.deadline_ms === null ? {} : { deadlineMs: row.deadline_ms }),
    ...(row.code_timeout_ms === null ? {} : { codeTimeoutMs: row.code_timeout_ms }),
    ...(row.provider === null ? {} : { provider: jobSchema.shape.provider.parse(row.provider) }),
    ...(row.webhook_url === null ? {} : { webhookUrl: row.webhook_url }),
    ...(row.schedule_id === null ? {} : { scheduleId: row.schedule_id }),
    tags: row.tags,
  };
}

/** A run as everybody else sees it. */
export function toRun(row: RunRow): Run {
  return {
    id: row.id,
    jobId: row.job_id,
    project: row.project,
    flow: row.flow,
    identityId: row.identity_id,
    input: row.input,
    provider: row.provider,
    tags: row.tags,
    scheduleId: row.schedule_id,
    batchId: row.batch_id,
    status: row.status,
    attempts: row.attempts,
    maxAttempts: row.max_attempts,
    webhookUrl: row.webhook_url,
    worker: row.worker,
    cancelRequestedAt: row.cancel_requested_at,
    stages: row.stages as StageRecord[],
    artifacts: row.artifacts as Artifact[],
    outcome: row.outcome as Outcome | null,
    retryOf: row.retry_of,
    createdAt: row.created_at,
    startedAt: row.started_at,
    endedAt: row.ended_at,
  };
}
