import { z } from "zod";
import { healthScheduleSchema, scheduleHealth as set } from "../../job/schedule/schedule-health.ts";
import { defineRoute } from "../define-route.ts";
import { scheduleSchema, viewSchedule } from "./view-schedule.ts";

const moment = z.iso.datetime({ offset: true }).nullable().optional();

export const scheduleHealth = defineRoute({
  method: "PUT",
  url: "/v1/health-schedule",
  access: "submit",
  tag: "schedules",
  summary: "Set when the identities of an application, or of the project, are looked at",
  description: "Set again, it replaces what was set. docs/health.md says what a look does.",
  body: healthScheduleSchema.extend({ startsAt: moment, endsAt: moment }),
  responses: { 200: scheduleSchema },
  failures: ["invalid_argument", "not_found", "conflict"],
  async handler({ deps, caller: { project }, body }) {
    return { status: 200, body: viewSchedule(await set(deps, project, body)) };
  },
});
