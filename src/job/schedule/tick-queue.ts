import { z } from "zod";
import type { Logger } from "../../log.ts";
import type { QueueBackend } from "../queue/queue-backend.ts";
import { nextFire, readTiming, type Timing, writeTiming } from "./timing.ts";

/** A schedule's time that has come, as the queue tells it. */
export interface Tick {
  scheduleId: string;
  fireAt: number;
  /** What its times were when the queue worked this one out. */
  timing: string;
}

/** What the queue knows of a schedule. */
export interface QueuedSchedule {
  timing: string | undefined;
  /** The time it waits for. */
  next: number | undefined;
}

/**
 * The queue of ticks: one BullMQ job scheduler per schedule, each with one job that waits for its next time. When that
 * job is taken up, BullMQ puts the next in its place, in one step, so that many workers make one.
 *
 * Our own repeat strategy works the times out, in place of BullMQ's two: it knows jitter, start and end, keeps an
 * interval's phase when Redis loses its data, and is what `latchkey schedules` shows.
 */
export interface TickQueue {
  /** Puts the schedule's next time in; gives that time, or undefined when there is none. */
  put(scheduleId: string, timing: Timing): Promise<number | undefined>;
  remove(scheduleId: string): Promise<void>;
  /** All there are, by schedule. */
  list(): Promise<Map<string, QueuedSchedule>>;
  /** Whether the job that waits for this time is there. */
  holds(scheduleId: string, fireAt: number): Promise<boolean>;
  /** Starts taking ticks, until it is closed. */
  work(onTick: (tick: Tick) => Promise<void>): Promise<void>;
  /** Waits for the ticks in hand. */
  close(): Promise<void>;
}

const tickName = "tick";
/** Ticks one process works on at a time; each is some queries. */
const concurrency = 4;
const blockSeconds = 5;

const settings = {
  repeatStrategy: (after: number, { pattern = "" }: { pattern?: string }) =>
    nextFire(readTiming(pattern), after),
};

/** How a tick is tried: the database or the queue may be away for a moment. */
const tickOptions = {
  attempts: 8,
  backoff: { type: "exponential", delay: 1_000 },
  removeOnComplete: true,
  removeOnFail: true,
  stackTraceLimit: 0,
};

export function openTickQueue({
  backend,
  queueName,
  log,
}: {
  backend: QueueBackend;
  queueName: string;
  log: Logger;
}): TickQueue {
  const name = `${queueName}-schedules`;
  const queue = backend.queue(name, { settings });
  queue.on("error", (error) => log.warn({ err: error }, "schedule queue error"));
  let stop: (() => Promise<void>) | undefined;

  return {
    async put(scheduleId, timing) {
      const pattern = writeTiming(timing);
      const job = await queue.upsertJobScheduler(
        scheduleId,
        { pattern },
        { name: tickName, data: { scheduleId, timing: pattern }, opts: tickOptions },
      );
      return job?.id === undefined ? undefined : fireOf(job.id)?.fireAt;
    },
    async remove(scheduleId) {
      await queue.removeJobScheduler(scheduleId);
    },
    async list() {
      const schedulers = await queue.getJobSchedulers();
      return new Map(schedulers.map(({ key, pattern, next }) => [key, { timing: pattern, next }]));
    },
    async holds(scheduleId, fireAt) {
      return (await queue.getJob(jobIdOf(scheduleId, fireAt))) !== undefined;
    },
    async work(onTick) {
      const worker = backend.worker(
        name,
        async ({ id = "", data }) => {
          const fire = fireOf(id);
          const told = z.object({ timing: z.string() }).safeParse(data);
          if (fire === undefined || !told.success) return;
          try {
            await onTick({ ...fire, timing: told.data.timing });
          } catch (error) {
            log.warn({ err: error, schedule: fire.scheduleId }, "a schedule's time could not be worked on");
            // The queue keeps what a tick fails with; the log has the rest.
            throw new Error("The schedule's time could not be worked on; it is tried again.");
          }
        },
        { concurrency, autorun: false, drainDelay: blockSeconds, settings },
      );
      worker.on("error", (error) => log.warn({ err: error }, "schedule worker error"));
      await worker.waitUntilReady();
      const working = worker
        .run()
        .catch((error: unknown) => log.error({ err: error }, "schedule worker stopped by an error"));
      stop = async () => {
        await worker.close();
        await working;
      };
    },
    async close() {
      await stop?.();
      await queue.close();
    },
  };
}

/** How BullMQ names the job that waits for a scheduler's time. */
const jobIdOf = (scheduleId: string, fireAt: number) => `repeat:${scheduleId}:${fireAt}`;

function fireOf(jobId: string): { scheduleId: string; fireAt: number } | undefined {
  const { scheduleId, fireAt } = /^repeat:(?<scheduleId>[^:]+):(?<fireAt>\d+)$/.exec(jobId)?.groups ?? {};
  return scheduleId === undefined ? undefined : { scheduleId, fireAt: Number(fireAt) };
}
