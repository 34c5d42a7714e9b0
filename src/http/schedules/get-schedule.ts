import { defineRoute } from "../define-route.ts";
import { scheduleParams } from "./schedule-body.ts";
import { scheduleSchema, viewSchedule } from "./view-schedule.ts";

export const getSchedule = defineRoute({
  method: "GET",
  url: "/v1/schedules/:schedule",
  access: "read",
  tag: "schedules",
  summary: "Get a schedule",
  params: scheduleParams,
  responses: { 200: scheduleSchema },
  failures: ["not_found"],
  async handler({ deps: { schedules }, caller: { project }, params: { schedule } }) {
    return { status: 200, body: viewSchedule(await schedules.get(project, schedule)) };
  },
});
