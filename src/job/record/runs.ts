import { type Kysely, sql, type UpdateObject } from "kysely";
import type { RunRow, Tables } from "../../database/tables.ts";
import type { WaitingForCode } from "../../events.ts";
import { Failure } from "../../failure.ts";
import { isUuid } from "../../identity/identity-input.ts";
import { type Tell, untold } from "../../observe.ts";
import type { Artifact, Outcome, StageRecord } from "../../outcome.ts";
import type { Job } from "../job.ts";
import { storableJson } from "../storable.ts";
import { endRun } from "./end-run.ts";
import { insertRun } from "./insert-runs.ts";
import { listRuns, type RunFilter, type RunPage } from "./list-runs.ts";
import { newRunRow } from "./new-run-row.ts";
import { type RunNews, reported } from "./outbox.ts";
import { type Run, toJob, toRun, workingStatuses } from "./run-rows.ts";

export type { Run } from "./run-rows.ts";

/** A worker's hold on a run: its writes count as long as no other worker has taken the run up after it. */
export interface RunHold {
  runId: string;
  fence: string;
  /** Whether what it comes to is reported to somebody. */
  hasWebhook: boolean;
}

/** What taking a run up came to. */
export type Taken =
  | { status: "held"; hold: RunHold; cancelRequested: boolean }
  /** It had ended already — a worker died between recording the outcome and telling the queue. */
  | { status: "ended"; outcome: Outcome };

/** A run that waits, or that its worker left. */
export interface UnheldRun {
  id: string;
  jobId: string;
  status: Run["status"];
  job: Job;
  maxAttempts: number;
}

/** Names the lease of whoever works on the run: there while its worker lives, so that no other takes it up. */
export const runLease = (runId: string): string => `run:${runId}`;

/** The job id of a run that no queue knows: one made from the command line, in its own process. */
export const noJob = "";

export type RunStore = ReturnType<typeof createRunStore>;

/** The record of runs: rows that outlive the queue's jobs. */
export function createRunStore(db: Kysely<Tables>, tell: Tell = untold) {
  /**
   * Changes the row if the hold is still the newest, and writes what is to be reported of it in one transaction.
   * @throws Failure `lease_lost`, having written nothing
   */
  async function write(hold: RunHold, change: RunChange, news?: RunNews): Promise<void> {
    const update = (on: Kysely<Tables>) =>
      on
        .updateTable("runs")
        .set(change)
        .where("id", "=", hold.runId)
        .where("fence", "=", hold.fence)
        .where("ended_at", "is", null);
    const isWritten =
      news === undefined || !hold.hasWebhook
        ? (await update(db).executeTakeFirst()).numUpdatedRows > 0n
        : await reported(db, update, news);
    if (!isWritten) throw takenUp();
  }

  /** @throws Failure `not_found` */
  async function find(project: string, runId: string): Promise<RunRow> {
    const row = isUuid(runId)
      ? await db
          .selectFrom("runs")
          .selectAll()
          .where("id", "=", runId)
          .where("project", "=", project)
          .executeTakeFirst()
      : undefined;
    if (row === undefined) throw new Failure("not_found", `There is no run ${runId}.`);
    return row;
  }

  return {
    /** Records a run before its job is queued. The same id twice is one run. */
    async create(
      id: string,
      job: Job,
      { maxAttempts, jobId = id }: { maxAttempts: number; jobId?: string },
    ): Promise<void> {
      await insertRun(db, newRunRow({ id, jobId, job, maxAttempts }));
    },

    /** Records a job that no run can be made of, ended as it is. */
    async createRefused(id: string, jobId: string, outcome: Outcome): Promise<void> {
      const { numInsertedOrUpdatedRows = 0n } = await db
        .insertInto("runs")
        .values({
          id,
          job_id: jobId,
          project: "default",
          flow: "",
          identity_id: "",
          tags: "{}",
          trace: false,
          status: outcome.status,
          max_attempts: 1,
          stages: "[]",
          artifacts: "[]",
          outcome: storableJson(outcome),
          ended_at: sql`now()`,
        })
        .onConflict((conflict) => conflict.column("id").doNothing())
        .executeTakeFirst();
      if (numInsertedOrUpdatedRows > 0n) tell({ type: "run_recorded", outcome });
    },

    /** Takes the run up for an attempt, the `attempt`-th; from here on earlier holders can write nothing. */
    async takeUp(
      runId: string,
      { worker, attempt }: { worker: string; attempt: number },
    ): Promise<Taken | undefined> {
      const row = await db
        .updateTable("runs")
        .set({
          status: "running",
          worker,
          attempts: attempt,
          fence: sql`fence + 1`,
          started_at: sql`coalesce(started_at, now())`,
        })
        .where("id", "=", runId)
        .where("ended_at", "is", null)
        .returning(["fence", "cancel_requested_at", "webhook_url"])
        .executeTakeFirst();
      if (row !== undefined) {
        return {
          status: "held",
          hold: { runId, fence: row.fence, hasWebhook: row.webhook_url !== null },
          cancelRequested: row.cancel_requested_at !== null,
        };
      }
      const ended = await db.selectFrom("runs").select("outcome").where("id", "=", runId).executeTakeFirst();
      return ended === undefined ? undefined : { status: "ended", outcome: ended.outcome as Outcome };
    },

    /** Records the run's outcome for good, and tells it. May be tried again. @throws Failure `lease_lost` */
    async end(
      hold: RunHold,
      outcome: Outcome,
      work: { stages: StageRecord[]; artifacts: Artifact[] },
    ): Promise<void> {
      const update = (on: Pick<Kysely<Tables>, "updateTable">) =>
        on
          .updateTable("runs")
          .set({
            status: outcome.status,
            outcome: storableJson(outcome),
            stages: storableJson(work.stages),
            artifacts: storableJson(work.artifacts),
            ended_at: sql<Date>`now()`,
          })
          .where("id", "=", hold.runId)
          .where("fence", "=", hold.fence)
          .where("ended_at", "is", null);
      if (await endRun(db, update, outcome, hold)) return tell({ type: "run_recorded", outcome });
      // The answer to an earlier try may have been lost: nobody else ends a run under our fence.
      const row = await db
        .selectFrom("runs")
        .select("fence")
        .where("id", "=", hold.runId)
        .where("ended_at", "is not", null)
        .executeTakeFirst();
      if (row?.fence !== hold.fence) throw takenUp();
      tell({ type: "run_recorded", outcome });
    },

    /** The run's login waits for a one-time code, or no longer. @throws Failure `lease_lost` */
    markWaiting(
      hold: RunHold,
      { isWaiting, news }: { isWaiting: boolean; news?: WaitingForCode },
    ): Promise<void> {
      return write(
        hold,
        { status: isWaiting ? "waiting_for_code" : "running" },
        news === undefined ? undefined : { type: "run.waiting_for_code", waiting: news },
      );
    },

    /** Gives the run back to the queue, for another attempt or until its identity is free. @throws Failure `lease_lost` */
    giveBack(hold: RunHold, status: "queued" | "deferred"): Promise<void> {
      return write(hold, { status, worker: null });
    },

    /**
     * Ends a run that no worker holds, and tells it: cancelled while queued, or lost with its workers. False if it had
     * ended.
     */
    async endUnheld(runId: string, outcome: Outcome): Promise<boolean> {
      const update = (on: Pick<Kysely<Tables>, "updateTable">) =>
        on
          .updateTable("runs")
          .set({
            status: outcome.status,
            outcome: storableJson(outcome),
            ended_at: sql<Date>`now()`,
            fence: sql<string>`fence + 1`,
          })
          .where("id", "=", runId)
          .where("ended_at", "is", null);
      const isEnded = await endRun(db, update, outcome, { hasWebhook: true });
      if (isEnded) tell({ type: "run_recorded", outcome });
      return isEnded;
    },

    /** Marks the run for cancelling; the worker that holds it, or the next to take it up, ends it. */
    async requestCancel(project: string, runId: string): Promise<Run> {
      await db
        .updateTable("runs")
        .set({ cancel_requested_at: sql`coalesce(cancel_requested_at, now())` })
        .where("id", "=", runId)
        .where("project", "=", project)
        .where("ended_at", "is", null)
        .execute();
      return this.get(project, runId);
    },

    /** @throws Failure `not_found` */
    async get(project: string, runId: string): Promise<Run> {
      return toRun(await find(project, runId));
    },

    /** Newest first; 50 unless a limit is given, 1,000 at most. @throws Failure `invalid_argument` for the cursor */
    page(filter: RunFilter): Promise<RunPage> {
      return listRuns(db, filter);
    },

    /** The first page alone. */
    async list(filter: RunFilter): Promise<Run[]> {
      return (await listRuns(db, filter)).items;
    },

    /** What submitting the run's job again takes. @throws Failure `not_found` */
    async toRetry(
      project: string,
      runId: string,
    ): Promise<{ job: Omit<Job, "runId">; maxAttempts: number; hasEnded: boolean; isOfVisit: boolean }> {
      const row = await find(project, runId);
      const { runId: _its, ...job } = toJob(row);
      return {
        job,
        maxAttempts: row.max_attempts,
        hasEnded: row.ended_at !== null,
        isOfVisit: row.visit_id !== null,
      };
    },

    /** The run of a job in the queue. */
    async idOfJob(jobId: string): Promise<string | undefined> {
      const row = await db
        .selectFrom("runs")
        .select("id")
        .where("job_id", "=", jobId)
        .orderBy("created_at", "desc")
        .limit(1)
        .executeTakeFirst();
      return row?.id;
    },

    /** Runs this worker holds that are to be cancelled. */
    async cancelRequested(worker: string): Promise<string[]> {
      const rows = await db
        .selectFrom("runs")
        .select("id")
        .where("worker", "=", worker)
        .where("status", "in", workingStatuses)
        .where("cancel_requested_at", "is not", null)
        .execute();
      return rows.map(({ id }) => id);
    },

    /**
     * Runs made more than `olderThanMs` ago that have not ended and that no living worker holds: the queue should know a
     * job for each. A page of them, by id.
     */
    async unheld({ olderThanMs, after }: { olderThanMs: number; after?: string }): Promise<UnheldRun[]> {
      let query = db
        .selectFrom("runs")
        .selectAll()
        .where("ended_at", "is", null)
        .where("job_id", "!=", noJob)
        .where("created_at", "<", sql<Date>`now() - ${olderThanMs} * interval '1 millisecond'`)
        .where(
          sql<boolean>`not exists (select from leases where name = 'run:' || runs.id and expires_at > clock_timestamp())`,
        );
      if (after !== undefined) query = query.where("id", ">", after);
      const rows = await query.orderBy("id").limit(500).execute();
      return rows.map((row) => ({
        id: row.id,
        jobId: row.job_id,
        status: row.status,
        maxAttempts: row.max_attempts,
        job: toJob(row),
      }));
    },
  };
}

function takenUp(): Failure {
  return new Failure("lease_lost", "Another worker has taken this run up; nothing was recorded.");
}

type RunChange = UpdateObject<Tables, "runs">;
