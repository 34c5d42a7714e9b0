import type { Logger } from "../../log.ts";
import type { QueueBackend } from "../queue/queue-backend.ts";
import { type FireDeps, fireSchedule } from "./fire-schedule.ts";
import { keepSchedulers } from "./keep-schedulers.ts";
import { timingOf } from "./schedule-rows.ts";
import { type Schedules, schedulesChannel } from "./schedules.ts";
import { openTickQueue, type Tick } from "./tick-queue.ts";
import { nextFire, writeTiming } from "./timing.ts";

export interface ScheduleDeps extends FireDeps {
  log: Logger;
  schedules: Schedules;
  backend: QueueBackend;
  queueName: string;
  /** How often the queue is compared with the rows, in milliseconds, beside at each change. */
  keepEveryMs?: number;
}

/** A process's part in keeping the schedules. */
export interface RunningSchedules {
  /** Waits for the ticks in hand. */
  stop(): Promise<void>;
}

/**
 * Makes this process one of those that keep the schedules: it takes ticks, of which each goes to one process, and
 * brings the queue in line with the rows at the start, at each change and now and then.
 * @throws Failure `queue_unavailable`, `database_unavailable`
 */
export async function startSchedules(deps: ScheduleDeps): Promise<RunningSchedules> {
  const { database, schedules, log, keepEveryMs = 60_000 } = deps;
  await using opening = new AsyncDisposableStack();
  const ticks = openTickQueue(deps);
  opening.defer(() => ticks.close());
  const keep = oneAtATime(async () => {
    const fire = fireSchedule.bind(undefined, deps);
    await keepSchedulers({ database, schedules, ticks, fire, log }).catch((error: unknown) =>
      log.warn({ err: error }, "the schedules could not be compared with the queue; tried again in a while"),
    );
  });
  opening.defer(() => keep.idle());
  const timer = setInterval(() => keep.ask(), keepEveryMs);
  opening.defer(() => clearInterval(timer));
  opening.use(await database.listen(schedulesChannel, keep.ask, keep.ask));
  keep.ask();
  await keep.idle();
  await ticks.work((tick) => takeTick(deps, tick));
  const running = opening.move();
  return { stop: () => running.disposeAsync() };
}

/** One of a schedule's times has come, says the queue; the row says whether it still is one. */
async function takeTick(deps: ScheduleDeps, { scheduleId, fireAt, timing }: Tick): Promise<void> {
  const { schedules } = deps;
  const schedule = await schedules.byId(scheduleId);
  if (schedule === undefined || schedule.paused) return;
  const current = timingOf(schedule);
  if (timing !== writeTiming(current)) return;
  await fireSchedule(deps, schedule, fireAt);
  await schedules.waitFor(schedule, nextFire(current, Math.max(fireAt, Date.now())));
}

/** Runs `work` when asked, never twice at once; asked while it runs, it runs once more. */
function oneAtATime(work: () => Promise<void>): { ask(): void; idle(): Promise<void> } {
  let running: Promise<void> | undefined;
  let again = false;
  const round = async () => {
    do {
      again = false;
      await work();
    } while (again);
    running = undefined;
  };
  return {
    ask() {
      again = true;
      running ??= round();
    },
    async idle() {
      await running;
    },
  };
}
