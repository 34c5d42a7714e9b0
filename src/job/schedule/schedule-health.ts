import { z } from "zod";
import { Failure } from "../../failure.ts";
import type { Applications } from "../../identity/applications/applications.ts";
import { check } from "../../identity/identity-input.ts";
import { checkHealthFlowName } from "../catalogue/check-health-flow.ts";
import { checkTimes, newTimes } from "./change-schedule.ts";
import { checkOneTiming, newScheduleSchema } from "./schedule-input.ts";
import type { Schedule, ScheduleFields, Schedules } from "./schedules.ts";

const { cron, every, timeZone, jitter, startsAt, endsAt, paused } = newScheduleSchema.shape;

export const healthScheduleSchema = z.strictObject({
  /** Id or name; the whole project without one. */
  application: z.string().min(1).max(200).optional(),
  cron,
  every,
  timeZone,
  /** The looks are spread over so much time. */
  jitter,
  startsAt,
  endsAt,
  paused,
  /** Whether identities whose saved state has lapsed are signed in again, where that can be done unattended. */
  reauthenticate: z.boolean().optional(),
});

export type HealthSchedule = z.input<typeof healthScheduleSchema>;

/**
 * Sets when the identities of an application, or of the project, are looked at: one schedule for each, which is
 * replaced when it is set again.
 * @throws Failure `invalid_argument` listing every fault; `not_found` for the application; `conflict`
 */
export async function scheduleHealth(
  { applications, schedules }: { applications: Pick<Applications, "get">; schedules: Schedules },
  project: string,
  given: HealthSchedule,
): Promise<Schedule> {
  const input = check(healthScheduleSchema, "health check", given);
  checkOneTiming(input);
  const application =
    input.application === undefined ? undefined : await applications.get(project, input.application);
  const fields: ScheduleFields = {
    ...newTimes({ ...input, overlap: "skip", missed: "run_once" }),
    name: application === undefined ? "health" : `health of ${application.name}`,
    kind: "health",
    flow: checkHealthFlowName,
    identityId: null,
    applicationId: application?.id ?? null,
    input: null,
    options: { reauthenticate: input.reauthenticate ?? true },
  };
  checkTimes(fields);
  const before = (await schedules.list(project)).find(
    ({ kind, applicationId }) => kind === "health" && applicationId === fields.applicationId,
  );
  if (before !== undefined)
    return await schedules.update(project, before.id, { ...fields, name: before.name });
  try {
    return await schedules.create(project, fields);
  } catch (error) {
    if (error instanceof Failure && error.code === "conflict")
      throw new Failure(
        "conflict",
        `A schedule named "${fields.name}" exists already, and is no health check: rename or remove it.`,
        { cause: error },
      );
    throw error;
  }
}
