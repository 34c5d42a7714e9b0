import { z } from "zod";
import { type FailureCode, failures } from "../../failure.ts";
import { viewRun as viewAnyRun } from "../../job/record/run-view.ts";
import type { Run } from "../../job/record/runs.ts";
import { stageNames } from "../../outcome.ts";
import type { ArtifactLinks } from "../artifacts/links.ts";

const codes = Object.keys(failures) as [FailureCode, ...FailureCode[]];
const time = z.iso.datetime();

export const runStatuses = [
  "queued",
  "deferred",
  "running",
  "waiting_for_code",
  "succeeded",
  "failed",
] as const satisfies readonly Run["status"][];

const outcomeSchema = z
  .discriminatedUnion("status", [
    z.object({ status: z.literal("succeeded"), result: z.unknown() }),
    z.object({
      status: z.literal("failed"),
      code: z.enum(codes),
      retryable: z.boolean(),
      message: z.string(),
      advice: z.string(),
      retryAfterMs: z.number().optional(),
      evidence: z.looseObject({}).meta({ description: "For whoever looks into it; see docs/failures.md." }),
    }),
  ])
  .meta({ id: "Outcome" });

const artifactSchema = z
  .object({
    name: z.string(),
    kind: z.enum(["screenshot", "download", "trace", "snapshot", "file"]),
    contentType: z.string(),
    bytes: z.int(),
    url: z
      .string()
      .meta({ description: "Path of a link that needs no key; good for LATCHKEY_ARTIFACT_LINK_MS." }),
  })
  .meta({ id: "Artifact" });

/** A run as the API shows it. */
export const runSchema = z
  .object({
    id: z.uuid(),
    project: z.string(),
    flow: z.string(),
    identityId: z.string(),
    status: z.enum(runStatuses),
    input: z.unknown(),
    provider: z
      .string()
      .nullable()
      .meta({ description: "Where its session was asked for, if the job says." }),
    tags: z.record(z.string(), z.string()),
    attempts: z.int().meta({ description: "Begun so far." }),
    maxAttempts: z.int(),
    scheduleId: z.uuid().nullable().meta({ description: "The schedule that made it." }),
    batchId: z.uuid().nullable().meta({ description: "The batch it was submitted in." }),
    webhookUrl: z.string().nullable().meta({ description: "Where its outcome is reported to." }),
    retryOf: z.uuid().nullable().meta({ description: "The run whose job it does again." }),
    cancelRequestedAt: time.nullable(),
    stages: z.array(
      z.object({
        name: z.enum(stageNames),
        startedAt: z.number().meta({ description: "Epoch milliseconds." }),
        durationMs: z.number(),
        detail: z.string().optional(),
      }),
    ),
    artifacts: z.array(artifactSchema),
    outcome: outcomeSchema.nullable().meta({ description: "Null until it has ended." }),
    createdAt: time,
    startedAt: time.nullable(),
    endedAt: time.nullable(),
  })
  .meta({ id: "Run" });

export function viewRun(run: Run, { links }: { links: ArtifactLinks }): z.input<typeof runSchema> {
  return {
    ...viewAnyRun(run),
    retryOf: run.retryOf,
    scheduleId: run.scheduleId,
    batchId: run.batchId,
    cancelRequestedAt: run.cancelRequestedAt?.toISOString() ?? null,
    outcome: run.outcome as z.input<typeof runSchema>["outcome"],
    artifacts: run.artifacts.map((artifact) => ({
      ...artifact,
      url: links.pathOf({ runId: run.id, name: artifact.name }),
    })),
  };
}
