import { z } from "zod";
import type { Batch } from "../../job/batch/batches.ts";
import { runStatuses } from "../runs/view-run.ts";

/** A batch as the API shows it. */
export const batchSchema = z
  .object({
    id: z.uuid(),
    project: z.string(),
    name: z.string().nullable(),
    total: z.int(),
    counts: z.record(z.enum(runStatuses), z.int()).meta({ description: "Its runs by status." }),
    failures: z
      .record(z.string(), z.int())
      .meta({ description: "Its failed runs by code; docs/failures.md has a section per code." }),
    createdAt: z.iso.datetime(),
    endedAt: z.iso.datetime().nullable().meta({ description: "Null while one of its runs has not ended." }),
  })
  .meta({ id: "Batch" });

/** The batch a path names. */
export const batchParams = z.object({ id: z.uuid() });

export function viewBatch({ createdAt, endedAt, failures, ...batch }: Batch): z.input<typeof batchSchema> {
  return {
    ...batch,
    failures: failures as Record<string, number>,
    createdAt: createdAt.toISOString(),
    endedAt: endedAt?.toISOString() ?? null,
  };
}
