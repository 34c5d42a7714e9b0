import { z } from "zod";
import { defineRoute } from "../define-route.ts";
import { scheduleSchema, viewSchedule } from "./view-schedule.ts";

export const listSchedules = defineRoute({
  method: "GET",
  url: "/v1/schedules",
  access: "read",
  tag: "schedules",
  summary: "List the schedules, with their next times and what the last came to",
  responses: { 200: z.object({ items: z.array(scheduleSchema) }) },
  async handler({ deps: { schedules }, caller: { project } }) {
    return { status: 200, body: { items: (await schedules.list(project)).map(viewSchedule) } };
  },
});
