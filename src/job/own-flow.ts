import type { Database } from "../database/open.ts";
import type { Job } from "./job.ts";
import type { Run, RunStore } from "./record/runs.ts";
import { watchRun } from "./record/watch-run.ts";
import type { Submitter } from "./submitter.ts";

interface Waiting {
  database: Database;
  runs: Pick<RunStore, "get">;
  run: Run;
  /** How long a worker may take to take it up, in milliseconds. */
  takeUpMs: number;
  /** How long it may take in all, in milliseconds. */
  mostMs: number;
  signal: AbortSignal;
}

/** Has a run of a flow of Latchkey's own done for an identity: one attempt, because a login is not tried twice. */
export async function submitOwnFlow(
  submitter: Submitter,
  { project, flow, identityId }: { project: string; flow: string; identityId: string },
): Promise<Run> {
  const job: Job = { project, flow, identityId, trace: false };
  const { run } = await submitter.submit({ job, options: { attempts: 1 } });
  return run;
}

/**
 * The run when it has ended, or as it is: when no worker takes it up in time, when it takes too long, when `signal` is
 * aborted. The waiting ends then, never the run.
 */
export async function awaitOwnFlow({ database, runs, run, takeUpMs, mostMs, signal }: Waiting): Promise<Run> {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), takeUpMs);
  const all = AbortSignal.any([patience.signal, signal, AbortSignal.timeout(mostMs)]);
  try {
    for await (const { event } of watchRun(database, run.id, { signal: all })) {
      if (event.type === "started") clearTimeout(timer);
      if (event.type === "outcome") break;
    }
  } finally {
    clearTimeout(timer);
  }
  return runs.get(run.project, run.id);
}
