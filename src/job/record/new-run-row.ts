import type { RunRow } from "../../database/tables.ts";
import type { Job } from "../job.ts";

export interface NewRun {
  id: string;
  /** Of its job in the queue. */
  jobId: string;
  job: Job;
  maxAttempts: number;
  /** The ended run whose job this one does again. */
  retryOf?: string;
  /** The batch it was submitted in, and its place there. */
  batch?: { id: string; index: number };
  /** The visit to the connect page that it signs somebody in for. */
  visitId?: string;
}

/** What a new run's row says that another's may not; as JSON, from which Postgres makes the row. */
export function newRunRow({ id, jobId, job, maxAttempts, retryOf, batch, visitId }: NewRun) {
  return {
    id,
    job_id: jobId,
    project: job.project,
    flow: job.flow,
    identity_id: job.identityId,
    input: job.input ?? null,
    tags: job.tags ?? {},
    trace: job.trace,
    deadline_ms: job.deadlineMs ?? null,
    code_timeout_ms: job.codeTimeoutMs ?? null,
    provider: job.provider ?? null,
    webhook_url: job.webhookUrl ?? null,
    schedule_id: job.scheduleId ?? null,
    max_attempts: maxAttempts,
    retry_of: retryOf ?? null,
    batch_id: batch?.id ?? null,
    batch_index: batch?.index ?? null,
    visit_id: visitId ?? null,
  } satisfies Partial<RunRow>;
}

type Given = ReturnType<typeof newRunRow>;

/** What every new run's row says. Inserted with it, so that reading the row back is not needed. */
const untouched: Omit<RunRow, keyof Given | "created_at"> = {
  status: "queued",
  attempts: 0,
  worker: null,
  fence: "0",
  cancel_requested_at: null,
  stages: [],
  artifacts: [],
  outcome: null,
  started_at: null,
  ended_at: null,
};

/** The whole row, as it was just inserted. */
export function insertedRow(
  run: NewRun,
  { identityId, createdAt }: { identityId: string; createdAt: Date },
): RunRow {
  return { ...untouched, ...newRunRow(run), identity_id: identityId, created_at: createdAt };
}
