import type { Run } from "./run-rows.ts";

/** A run as the HTTP interface and the reports show it: no names of workers, times as ISO 8601 texts. */
export function viewRun(run: Run) {
  return {
    id: run.id,
    project: run.project,
    flow: run.flow,
    identityId: run.identityId,
    status: run.status,
    input: run.input,
    provider: run.provider,
    tags: run.tags,
    attempts: run.attempts,
    maxAttempts: run.maxAttempts,
    outcome: run.outcome,
    stages: run.stages,
    artifacts: run.artifacts,
    webhookUrl: run.webhookUrl,
    createdAt: run.createdAt.toISOString(),
    startedAt: run.startedAt?.toISOString() ?? null,
    endedAt: run.endedAt?.toISOString() ?? null,
  };
}
