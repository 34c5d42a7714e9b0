import { z } from "zod";
import type { Database } from "../../database/open.ts";
import { awaitEnd } from "../../job/record/await-end.ts";
import type { Run, RunStore } from "../../job/record/runs.ts";

const longestWaitSeconds = 600;

export const waitQuery = z.strictObject({
  wait: z.coerce
    .number()
    .int()
    .min(1)
    .max(longestWaitSeconds)
    .optional()
    .meta({ description: "Answer once the run has ended, or after so many seconds." }),
});

/** The run when it has ended, or as it is after `seconds`; `signal` ends the waiting, never the run. */
export async function waitForRun(
  { database, runs }: { database: Database; runs: RunStore },
  { run, seconds, signal }: { run: Run; seconds: number | undefined; signal: () => AbortSignal },
): Promise<Run> {
  if (seconds === undefined || run.endedAt !== null) return run;
  await awaitEnd(database, run.id, AbortSignal.any([signal(), AbortSignal.timeout(seconds * 1_000)]));
  return runs.get(run.project, run.id);
}
