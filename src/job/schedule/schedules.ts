import { type Kysely, sql, type UpdateObject } from "kysely";
import type { Database } from "../../database/open.ts";
import type { Tables } from "../../database/tables.ts";
import { Failure, type FailureCode } from "../../failure.ts";
import { withConflicts } from "../../identity/conflicts.ts";
import { isUuid } from "../../identity/identity-input.ts";
import type { Outcome } from "../../outcome.ts";
import type { Run } from "../record/runs.ts";
import { lastFires } from "./fires.ts";
import { type Schedule, type ScheduleView, timingOf, toSchedule } from "./schedule-rows.ts";
import { nextFire } from "./timing.ts";

export type { Fire, Schedule, ScheduleView } from "./schedule-rows.ts";

/** The channel on which those who keep the queue's schedulers hear that a schedule was changed; its payload is its id. */
export const schedulesChannel = "latchkey_schedules";

/** What of a schedule is given, in the row's own terms. */
export type ScheduleFields = Omit<
  Schedule,
  "id" | "project" | "revision" | "nextAt" | "createdAt" | "updatedAt"
>;

export type Schedules = ReturnType<typeof createSchedules>;

/**
 * The record of schedules. Every change tells the workers, one of whom brings the queue's schedulers in line
 * (keep-schedulers.ts); nothing here knows a queue.
 */
export function createSchedules(database: Database) {
  const { kysely } = database;
  const notFound = (project: string, name: string) =>
    new Failure("not_found", `Project "${project}" has no schedule "${name}".`);

  /** Writes a change, the time it then waits for, and tells of it. */
  async function change(
    project: string,
    id: string,
    set: UpdateObject<Tables, "schedules">,
  ): Promise<Schedule> {
    const changed = await kysely.transaction().execute(async (trx) => {
      const row = await trx
        .updateTable("schedules")
        .set({ ...set, revision: sql`revision + 1`, updated_at: sql<Date>`now()` })
        .where("project", "=", project)
        .where("id", "=", id)
        .returningAll()
        .executeTakeFirst();
      if (row === undefined) throw notFound(project, id);
      const schedule = toSchedule(row);
      return { ...schedule, nextAt: await setNext(trx, schedule) };
    });
    await database.notify(schedulesChannel, id);
    return changed;
  }

  return {
    /** @throws Failure `conflict`; `not_found` for the project */
    async create(project: string, fields: ScheduleFields): Promise<Schedule> {
      const created = await withConflicts(
        {
          unique: `A schedule named "${fields.name}" exists already.`,
          reference: `There is no project "${project}".`,
        },
        () =>
          kysely.transaction().execute(async (trx) => {
            const row = await trx
              .insertInto("schedules")
              .values({ project, ...columnsOf(fields) })
              .returningAll()
              .executeTakeFirstOrThrow();
            const schedule = toSchedule(row);
            return { ...schedule, nextAt: await setNext(trx, schedule) };
          }),
      );
      await database.notify(schedulesChannel, created.id);
      return created;
    },

    /** By id or name. @throws Failure `not_found` */
    async get(project: string, idOrName: string): Promise<ScheduleView> {
      const row = await kysely
        .selectFrom("schedules")
        .selectAll()
        .where("project", "=", project)
        .where(isUuid(idOrName) ? "id" : "name", "=", idOrName)
        .executeTakeFirst();
      if (row === undefined) throw notFound(project, idOrName);
      const [view] = await withLast(kysely, [toSchedule(row)]);
      if (view === undefined) throw notFound(project, idOrName);
      return view;
    },

    /** All of a project, in the order of names. */
    async list(project: string): Promise<ScheduleView[]> {
      const rows = await kysely
        .selectFrom("schedules")
        .selectAll()
        .where("project", "=", project)
        .orderBy("name")
        .execute();
      return await withLast(kysely, rows.map(toSchedule));
    },

    /** Replaces what is given. @throws Failure `not_found`, `conflict` */
    async update(project: string, id: string, fields: ScheduleFields): Promise<Schedule> {
      return await withConflicts({ unique: `A schedule named "${fields.name}" exists already.` }, () =>
        change(project, id, columnsOf(fields)),
      );
    },

    /** Its times pass by until it is resumed; none of them is made up for. @throws Failure `not_found` */
    pause: (project: string, id: string): Promise<Schedule> => change(project, id, { paused: true }),

    /** @throws Failure `not_found` */
    resume: (project: string, id: string): Promise<Schedule> => change(project, id, { paused: false }),

    /** Its runs stay. @throws Failure `not_found` */
    async remove(project: string, id: string): Promise<void> {
      const { numDeletedRows } = await kysely
        .deleteFrom("schedules")
        .where("project", "=", project)
        .where("id", "=", id)
        .executeTakeFirst();
      if (numDeletedRows === 0n) throw notFound(project, id);
      await database.notify(schedulesChannel, id);
    },

    /** One of any project, for its tick; undefined when it was removed. */
    async byId(id: string): Promise<Schedule | undefined> {
      const row = await kysely.selectFrom("schedules").selectAll().where("id", "=", id).executeTakeFirst();
      return row === undefined ? undefined : toSchedule(row);
    },

    /** Those of all projects that are not paused. */
    async active(): Promise<Schedule[]> {
      const rows = await kysely.selectFrom("schedules").selectAll().where("paused", "=", false).execute();
      return rows.map(toSchedule);
    },

    /** Notes the time it waits for now, unless it was changed meanwhile. */
    async waitFor({ id, revision }: Schedule, next: number | undefined): Promise<void> {
      await kysely
        .updateTable("schedules")
        .set({ next_at: next === undefined ? null : new Date(next) })
        .where("id", "=", id)
        .where("revision", "=", revision)
        .execute();
    },
  };
}

async function setNext(trx: Kysely<Tables>, schedule: Schedule): Promise<Date | null> {
  const next = schedule.paused ? undefined : nextFire(timingOf(schedule), Date.now());
  const nextAt = next === undefined ? null : new Date(next);
  await trx.updateTable("schedules").set({ next_at: nextAt }).where("id", "=", schedule.id).execute();
  return nextAt;
}

function columnsOf(fields: ScheduleFields) {
  return {
    name: fields.name,
    kind: fields.kind,
    flow: fields.flow,
    identity_id: fields.identityId,
    application_id: fields.applicationId,
    input: fields.input === undefined || fields.input === null ? null : JSON.stringify(fields.input),
    options: JSON.stringify(fields.options),
    cron: fields.cron,
    every_ms: fields.everyMs,
    time_zone: fields.timeZone,
    jitter_ms: fields.jitterMs,
    overlap: fields.overlap,
    missed: fields.missed,
    starts_at: fields.startsAt,
    ends_at: fields.endsAt,
    paused: fields.paused,
  };
}

/** What each last did, in two queries for all. */
async function withLast(kysely: Kysely<Tables>, schedules: Schedule[]): Promise<ScheduleView[]> {
  const ids = schedules.map(({ id }) => id);
  if (ids.length === 0) return [];
  const fires = await lastFires(kysely, ids);
  const runs = await kysely
    .selectFrom("runs")
    .distinctOn("schedule_id")
    .select(["schedule_id", "id", "status", "outcome", "created_at", "ended_at"])
    .where("schedule_id", "in", ids)
    .orderBy("schedule_id")
    .orderBy("created_at", "desc")
    .execute();
  const lastRuns = new Map(
    runs.map((run) => [
      run.schedule_id,
      {
        id: run.id,
        status: run.status as Run["status"],
        createdAt: run.created_at,
        endedAt: run.ended_at,
        code: codeOf(run.outcome as Outcome | null),
      },
    ]),
  );
  return schedules.map((schedule) => ({
    ...schedule,
    lastFire: fires.get(schedule.id) ?? null,
    lastRun: lastRuns.get(schedule.id) ?? null,
  }));
}

function codeOf(outcome: Outcome | null): FailureCode | null {
  return outcome?.status === "failed" ? outcome.code : null;
}
