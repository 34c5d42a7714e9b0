import { z } from "zod";
import { timingOf } from "../../job/schedule/schedule-rows.ts";
import { type Schedule, type ScheduleView } from "../../job/schedule/schedules.ts";
import { nextFires } from "../../job/schedule/timing.ts";

const moment = z.iso.datetime();

const fireSchema = z.object({
  fireAt: moment,
  byHand: z.boolean(),
  result: z.enum(["submitted", "skipped", "missed", "refused"]),
  runId: z.uuid().nullable(),
  code: z.string().nullable().meta({ description: "Of a refusal: from the closed list of failures." }),
  reason: z.string().nullable(),
});

/** A schedule as the API shows it. */
export const scheduleSchema = z
  .object({
    id: z.uuid(),
    name: z.string(),
    kind: z.enum(["run", "health"]),
    flow: z.string(),
    identityId: z.uuid().nullable(),
    applicationId: z.uuid().nullable(),
    input: z.unknown(),
    options: z.record(z.string(), z.unknown()),
    cron: z.string().nullable(),
    everyMs: z.int().nullable(),
    timeZone: z.string(),
    jitterMs: z.int(),
    overlap: z.enum(["skip", "queue", "cancel_old"]),
    missed: z.enum(["run_once", "skip"]),
    startsAt: moment.nullable(),
    endsAt: moment.nullable(),
    paused: z.boolean(),
    nextTimes: z.array(moment).meta({ description: "Its next five; none while it is paused." }),
    lastFire: fireSchema.nullable().meta({ description: "What its last time came to." }),
    lastRun: z
      .object({
        id: z.uuid(),
        status: z.string(),
        code: z.string().nullable(),
        createdAt: moment,
        endedAt: moment.nullable(),
      })
      .nullable(),
    createdAt: moment,
    updatedAt: moment,
  })
  .meta({ id: "Schedule" });

export function viewSchedule(schedule: Schedule | ScheduleView): z.input<typeof scheduleSchema> {
  const { paused, startsAt, endsAt, createdAt, updatedAt } = schedule;
  const { lastFire, lastRun } = "lastFire" in schedule ? schedule : { lastFire: null, lastRun: null };
  const next = paused ? [] : nextFires(timingOf(schedule), Date.now(), 5);
  return {
    id: schedule.id,
    name: schedule.name,
    kind: schedule.kind,
    flow: schedule.flow,
    identityId: schedule.identityId,
    applicationId: schedule.applicationId,
    input: schedule.input,
    options: { ...schedule.options },
    cron: schedule.cron,
    everyMs: schedule.everyMs,
    timeZone: schedule.timeZone,
    jitterMs: schedule.jitterMs,
    overlap: schedule.overlap,
    missed: schedule.missed,
    startsAt: startsAt?.toISOString() ?? null,
    endsAt: endsAt?.toISOString() ?? null,
    paused,
    nextTimes: next.map((at) => new Date(at).toISOString()),
    lastFire: lastFire === null ? null : { ...lastFire, fireAt: lastFire.fireAt.toISOString() },
    lastRun:
      lastRun === null
        ? null
        : {
            ...lastRun,
            createdAt: lastRun.createdAt.toISOString(),
            endedAt: lastRun.endedAt?.toISOString() ?? null,
          },
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}
