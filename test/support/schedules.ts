import { randomUUID } from "node:crypto";
import { resolve } from "node:path";
import { expect, vi } from "vitest";
import type { Identity } from "../../src/identity/types.ts";
import type { Run } from "../../src/job/record/runs.ts";
import { addSchedule } from "../../src/job/schedule/change-schedule.ts";
import { listFires } from "../../src/job/schedule/fires.ts";
import type { NewSchedule } from "../../src/job/schedule/schedule-input.ts";
import type { Fire, Schedule } from "../../src/job/schedule/schedules.ts";
import { type RunningSchedules, startSchedules } from "../../src/job/schedule/start-schedules.ts";
import type { Parts } from "../../src/parts.ts";
import { newIdentity } from "./identities.ts";
import { openTestParts, type TestParts } from "./parts.ts";
import { startRedis, type TestRedis } from "./redis.ts";

/** A database and a queue with schedules, and what tests ask of them. */
export interface ScheduleGround extends AsyncDisposable {
  readonly ground: TestParts;
  readonly parts: Parts;
  readonly redis: TestRedis | undefined;
  addIdentity(): Promise<Identity>;
  /** One every second, whose runs queue up, unless told otherwise. */
  add(change?: Partial<NewSchedule>): Promise<Schedule>;
  fires(schedule: Schedule): Promise<Fire[]>;
  /** Resolves when so many of its times have come. */
  came(schedule: Schedule, count: number): Promise<void>;
  runsOf(schedule: Schedule): Promise<Run[]>;
  /** Which schedules the queue has a scheduler for, and how many jobs wait for a time. */
  queued(): Promise<{ schedulers: string[]; delayed: number }>;
  /** Resolves when no job of the schedule waits or is at work: a time that came is recorded by then. */
  jobsEnded(schedule: Schedule): Promise<void>;
}

export async function openScheduleGround(backend: "postgres" | "redis"): Promise<ScheduleGround> {
  const redis = backend === "redis" ? await startRedis() : undefined;
  const ground = await openTestParts({
    ...(redis === undefined ? {} : { redisUrl: redis.url }),
    settings: { LATCHKEY_FLOWS_DIR: resolve("test/support/flows") },
  });
  const { parts } = ground;
  const { database, identities, runs, schedules } = await parts.store();
  const { backend: queueBackend } = await parts.queueing();
  const queue = queueBackend.queue("latchkey-schedules");

  const addIdentity = () =>
    identities.create("default", newIdentity({ name: `me ${randomUUID().slice(0, 13)}` }), { name: "test" });
  const fires = (schedule: Schedule) => listFires(database.kysely, schedule.id, 100);
  return {
    ground,
    parts,
    redis,
    addIdentity,
    async add(change = {}) {
      return await addSchedule(
        {
          catalogue: await parts.catalogue(),
          identities,
          schedules,
          webhookAllow: parts.config.webhookAllow,
        },
        "default",
        {
          name: `s ${randomUUID().slice(0, 13)}`,
          flow: "trial/look",
          overlap: "queue",
          ...(change.cron === undefined ? { every: "1s" } : {}),
          ...change,
          identityId: change.identityId ?? (await addIdentity()).id,
        },
      );
    },
    fires,
    came: (schedule, count) =>
      eventually(async () => expect((await fires(schedule)).length).toBeGreaterThanOrEqual(count)),
    runsOf: (schedule) => runs.list({ project: "default", scheduleId: schedule.id, limit: 1_000 }),
    async queued() {
      const { delayed = 0 } = await queue.getJobCounts();
      return { schedulers: (await queue.getJobSchedulers()).map(({ key }) => key), delayed };
    },
    jobsEnded: (schedule) =>
      eventually(async () => {
        const jobs = await queue.getJobs(["delayed", "waiting", "prioritized", "active"], 0, -1, true);
        expect(jobs.filter((job) => job.id?.includes(schedule.id))).toEqual([]);
      }),
    async [Symbol.asyncDispose]() {
      await queue.close();
      await ground[Symbol.asyncDispose]();
      await redis?.[Symbol.asyncDispose]();
    },
  };
}

/** Waits until the check holds; unlike `expect.poll` also in tests that run side by side. */
export async function eventually(check: () => Promise<void>): Promise<void> {
  await vi.waitFor(check, { timeout: 15_000, interval: 100 });
}

/** Makes a process's parts keep the schedules, as a worker does, and no more of a worker. */
export async function keepSchedules(
  { config, log, ...parts }: Parts,
  { keepEveryMs = 60_000, missedAfterMs = 60_000 }: { keepEveryMs?: number; missedAfterMs?: number } = {},
): Promise<RunningSchedules> {
  const { database, identities, runs, schedules } = await parts.store();
  const { backend, queue } = await parts.queueing();
  return await startSchedules({
    db: database.kysely,
    database,
    backend,
    queueName: config.queueName,
    catalogue: await parts.catalogue(),
    identities,
    runs,
    queue,
    schedules,
    log,
    attempts: 1,
    webhookAllow: config.webhookAllow,
    keepEveryMs,
    missedAfterMs,
  });
}
