import { defineRoute } from "../define-route.ts";
import { scheduleParams } from "./schedule-body.ts";
import { scheduleSchema, viewSchedule } from "./view-schedule.ts";

export const removeSchedule = defineRoute({
  method: "DELETE",
  url: "/v1/schedules/:schedule",
  access: "submit",
  tag: "schedules",
  summary: "Remove a schedule; its runs stay",
  params: scheduleParams,
  responses: { 200: scheduleSchema },
  failures: ["not_found"],
  async handler({ deps: { schedules }, caller: { project }, params: { schedule: name } }) {
    const schedule = await schedules.get(project, name);
    await schedules.remove(project, schedule.id);
    return { status: 200, body: viewSchedule(schedule) };
  },
});
