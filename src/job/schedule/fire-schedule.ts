import { randomUUID } from "node:crypto";
import { type Kysely, sql } from "kysely";
import type { Tables } from "../../database/tables.ts";
import { Failure, toFailure } from "../../failure.ts";
import { assertActive } from "../../identity/site-of.ts";
import type { Logger } from "../../log.ts";
import { type CancelDeps, cancelRun } from "../cancel.ts";
import { runIdOfFire } from "../record/run-id.ts";
import { type SubmitDeps, submitRun } from "../submit.ts";
import { fireHealth } from "./fire-health.ts";
import { recordFire } from "./fires.ts";
import type { Fire, Schedule } from "./schedule-rows.ts";

/** What a schedule's time needs to become a run; all of it borrowed. */
export interface FireDeps extends SubmitDeps, CancelDeps {
  log: Pick<Logger, "info" | "warn">;
  /** Attempts of a run whose schedule does not say. */
  attempts: number;
  /** A time that comes up later than this, in milliseconds, came while nobody was there. */
  missedAfterMs: number;
}

/** Runs of one schedule that may wait for their turn. */
const mostQueued = 100;

/**
 * One of a schedule's times has come: makes its run, or not, as its policies say, and writes down which. The same time
 * twice is one run.
 * @throws Failure only where trying again may help: the database or the queue did not answer
 */
export async function fireSchedule(deps: FireDeps, schedule: Schedule, fireAt: number): Promise<Fire> {
  return await oneAtATime(deps.db, schedule.id, () => decide(deps, schedule, fireAt));
}

async function decide(deps: FireDeps, schedule: Schedule, fireAt: number): Promise<Fire> {
  const lateMs = Date.now() - fireAt;
  const fire =
    schedule.missed === "skip" && lateMs > deps.missedAfterMs
      ? notSubmitted("missed", `It came up ${Math.round(lateMs / 1_000)} s late: no worker was there.`)
      : schedule.kind === "health"
        ? await submitLooks(deps, schedule, fireAt)
        : await submitFire(deps, schedule, fireAt);
  return await record(deps, schedule, { ...fire, fireAt: new Date(fireAt), byHand: false });
}

/**
 * Makes a run of the schedule now, paused or not. Where one is still going, it waits for its turn. Of a health check,
 * all its looks.
 * @returns the run's id; null for a health check, which has many
 * @throws Failure what the run was refused for
 */
export async function fireByHand(deps: FireDeps, schedule: Schedule): Promise<string | null> {
  const runId = randomUUID();
  const at = { fireAt: new Date(), byHand: true };
  try {
    if (schedule.kind === "health") {
      await record(deps, schedule, { ...at, ...(await submitLooks(deps, schedule, at.fireAt.getTime())) });
      return null;
    }
    await submitRunOf(deps, schedule, runId);
  } catch (error) {
    const { code, message } = toFailure(error);
    await record(deps, schedule, { ...at, result: "refused", runId: null, code, reason: message });
    throw error;
  }
  await record(deps, schedule, { ...at, result: "submitted", runId, code: null, reason: null });
  return runId;
}

type Came = Omit<Fire, "fireAt" | "byHand">;

async function submitLooks(deps: FireDeps, schedule: Schedule, fireAt: number): Promise<Came> {
  const { runs, reason } = await fireHealth(deps, schedule, fireAt);
  return { result: runs > 0 ? "submitted" : "skipped", runId: null, code: null, reason };
}

async function submitFire(deps: FireDeps, schedule: Schedule, fireAt: number): Promise<Came> {
  const runId = runIdOfFire({ ...keyOf(schedule), fireAt });
  const going = await unendedRuns(deps.db, schedule.id, runId);
  const [first] = going;
  if (first !== undefined && schedule.overlap === "skip")
    return notSubmitted("skipped", `The run before it, ${first}, was still going.`);
  if (schedule.overlap === "cancel_old" && (await isOvertaken(deps.db, schedule.id, fireAt)))
    return notSubmitted("skipped", "A later time of its came first.");
  if (going.length >= mostQueued && schedule.overlap === "queue")
    return notSubmitted("skipped", `${mostQueued} of its runs were waiting already.`);
  try {
    // Refused before anything is cancelled: what goes on is worth more than nothing.
    await checkIdentity(deps, schedule);
    if (schedule.overlap === "cancel_old") {
      for (const id of going) await cancelRun(deps, schedule.project, id);
    }
    await submitRunOf(deps, schedule, runId);
    return { result: "submitted", runId, code: null, reason: null };
  } catch (error) {
    const failure = toFailure(error);
    if (failure.retryable) throw failure;
    return { result: "refused", runId: null, code: failure.code, reason: failure.message };
  }
}

function submitRunOf(deps: FireDeps, schedule: Schedule, runId: string): Promise<string> {
  const { id, project, flow, identityId, input, options } = schedule;
  const { attempts = deps.attempts, priority, ...rest } = options;
  return submitRun(
    deps,
    {
      runId,
      project,
      flow,
      identityId: identityId ?? "",
      scheduleId: id,
      ...(input === null ? {} : { input: input as NonNullable<Parameters<typeof submitRun>[1]["input"]> }),
      ...rest,
    },
    { attempts, ...(priority === undefined ? {} : { priority }) },
  );
}

/**
 * Lets one time of a schedule be decided on at a time, on all machines: two that come together, as after a pause of a
 * machine, would not see each other's run.
 */
async function oneAtATime<T>(db: Kysely<Tables>, scheduleId: string, work: () => Promise<T>): Promise<T> {
  return await db.transaction().execute(async (trx) => {
    await sql`select pg_advisory_xact_lock(hashtextextended(${scheduleId}, 0))`.execute(trx);
    return await work();
  });
}

async function isOvertaken(db: Kysely<Tables>, scheduleId: string, fireAt: number): Promise<boolean> {
  const later = await db
    .selectFrom("schedule_fires")
    .select("fire_at")
    .where("schedule_id", "=", scheduleId)
    .where("by_hand", "=", false)
    .where("fire_at", ">", new Date(fireAt))
    .limit(1)
    .executeTakeFirst();
  return later !== undefined;
}

/** A run that is bound to fail is not made again and again; the schedule says why instead. */
async function checkIdentity({ identities }: FireDeps, { project, identityId }: Schedule): Promise<void> {
  const identity = await identities.get(project, identityId ?? "");
  assertActive(identity);
  const { status, statusReason, name } = identity;
  if (status !== "failed") return;
  const reason = statusReason === null ? "" : ` (${statusReason})`;
  throw new Failure("identity_failed", `The identity "${name}" has failed${reason}; no run was made.`);
}

/** The schedule's runs that have not ended, but for one; oldest first. */
async function unendedRuns(db: Kysely<Tables>, scheduleId: string, except: string): Promise<string[]> {
  const rows = await db
    .selectFrom("runs")
    .select("id")
    .where("schedule_id", "=", scheduleId)
    .where("ended_at", "is", null)
    .where("id", "!=", except)
    .orderBy("created_at")
    .limit(mostQueued)
    .execute();
  return rows.map(({ id }) => id);
}

async function record({ db, log }: FireDeps, schedule: Schedule, fire: Fire): Promise<Fire> {
  await recordFire(db, schedule.id, fire);
  const { result, runId, reason } = fire;
  log[result === "refused" ? "warn" : "info"](
    { schedule: schedule.name, project: schedule.project, result, runId, reason },
    "a schedule's time came",
  );
  return fire;
}

function notSubmitted(result: "skipped" | "missed", reason: string): Came {
  return { result, runId: null, code: null, reason };
}

function keyOf({ id, identityId }: Schedule) {
  return { scheduleId: id, identityId: identityId ?? "" };
}
