import { hostname } from "node:os";
import { type Kysely, sql } from "kysely";
import type { Tables } from "../../database/tables.ts";
import { Failure } from "../../failure.ts";
import { failedOutcome } from "../../outcome.ts";
import { workingStatuses } from "../record/run-rows.ts";
import { noJob, type RunStore } from "../record/runs.ts";

/**
 * Ends the runs that a command on this machine worked on in its own process and did not live to end: no queue would
 * ever hand them to another. A run counts as such when its process is gone and holds no lease any more.
 * @returns their ids
 */
export async function endAbandoned({ db, runs }: { db: Kysely<Tables>; runs: RunStore }): Promise<string[]> {
  const prefix = `${hostname()}-`;
  const rows = await db
    .selectFrom("runs")
    .select(["id", "worker"])
    .where("job_id", "=", noJob)
    .where("status", "in", workingStatuses)
    .where(sql<boolean>`starts_with(worker, ${prefix})`)
    .where(sql<boolean>`not exists (select from leases where holder = runs.worker and expires_at > now())`)
    .execute();
  const abandoned = rows.filter(
    ({ worker }) => !isRunning(Number(worker?.slice(prefix.length).split("-")[0])),
  );
  const outcome = failedOutcome(
    new Failure("worker_lost", "The process that worked on the run was ended.", { retryable: false }),
  );
  for (const { id } of abandoned) await runs.endUnheld(id, outcome);
  return abandoned.map(({ id }) => id);
}

function isRunning(pid: number): boolean {
  try {
    // Signal 0 asks whether it is there.
    return process.kill(pid, 0);
  } catch (error) {
    // Another user's process is there too.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
