import { sql } from "kysely";
import type { Database } from "../../database/open.ts";
import type { Logger } from "../../log.ts";
import { untilAborted } from "../../until-aborted.ts";
import { type Schedule, timingOf } from "./schedule-rows.ts";
import type { Schedules } from "./schedules.ts";
import type { QueuedSchedule, TickQueue } from "./tick-queue.ts";
import { writeTiming } from "./timing.ts";

export interface KeepDeps {
  database: Database;
  schedules: Schedules;
  ticks: TickQueue;
  /** A time came that the queue had lost. */
  fire: (schedule: Schedule, fireAt: number) => Promise<unknown>;
  log: Logger;
}

/** A tick may be on its way so long, in milliseconds, before it counts as lost. */
const settleMs = 30_000;
/** A time the queue has gone past, and that is not written down after so long, in milliseconds, was lost with its tick. */
const lostMs = 10 * 60_000;
/** Longest one round may take, in milliseconds. */
const longestRoundMs = 60_000;

/**
 * Brings the queue's schedulers in line with the schedules' rows, whatever has become of either: the only place that
 * makes or removes a scheduler. One process at a time does so (an advisory lock of Postgres), and one that is right is
 * left alone, so that many starting at once change nothing.
 *
 * A time that has passed and that the queue does not know any more — Redis lost its data — is made up for here, as the
 * schedule's policy says.
 */
export async function keepSchedulers(deps: KeepDeps): Promise<void> {
  await deps.database.kysely.transaction().execute(async (trx) => {
    await sql`select pg_advisory_xact_lock(hashtext('latchkey schedules'))`.execute(trx);
    // A Redis that is away answers nothing, and the lock is for all.
    await untilAborted(AbortSignal.timeout(longestRoundMs), () => keepAll(deps));
  });
}

async function keepAll(deps: KeepDeps): Promise<void> {
  const { schedules, ticks, log } = deps;
  const queued = await ticks.list();
  for (const schedule of await schedules.active()) {
    const known = queued.get(schedule.id);
    queued.delete(schedule.id);
    try {
      if (known === undefined || !(await isRight(deps, schedule, known))) await put(deps, schedule);
      else await makeUp(deps, schedule, known);
    } catch (error) {
      // One that cannot be put in must not keep the others out.
      log.error({ err: error, schedule: schedule.name }, "a schedule could not be put into the queue");
    }
  }
  for (const id of queued.keys()) await ticks.remove(id);
}

/** Whether the scheduler has these times, and a job that waits for the next of them. */
async function isRight(
  { ticks }: KeepDeps,
  schedule: Schedule,
  { timing, next = 0 }: QueuedSchedule,
): Promise<boolean> {
  if (timing !== writeTiming(timingOf(schedule))) return false;
  // One whose time has just passed is being worked on.
  const passedMs = Date.now() - next;
  return (passedMs >= 0 && passedMs < settleMs) || (await ticks.holds(schedule.id, next));
}

/** The queue went on to the next time, and this one was never written down: its tick found no database for too long. */
async function makeUp(
  { schedules, fire }: KeepDeps,
  schedule: Schedule,
  { next = 0 }: QueuedSchedule,
): Promise<void> {
  const waitedFor = schedule.nextAt?.getTime() ?? next;
  if (waitedFor >= next || waitedFor > Date.now() - lostMs) return;
  await fire(schedule, waitedFor);
  await schedules.waitFor(schedule, next);
}

async function put({ schedules, ticks, fire, log }: KeepDeps, schedule: Schedule): Promise<void> {
  const { id, name, nextAt } = schedule;
  if (nextAt !== null && nextAt.getTime() <= Date.now()) await fire(schedule, nextAt.getTime());
  const next = await ticks.put(id, timingOf(schedule));
  if (next === undefined) await ticks.remove(id);
  await schedules.waitFor(schedule, next);
  log.info(
    { schedule: name, next: next === undefined ? null : new Date(next) },
    "schedule put into the queue",
  );
}
