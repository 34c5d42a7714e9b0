import { addSchedule as add } from "../../job/schedule/change-schedule.ts";
import { defineRoute } from "../define-route.ts";
import { plainId } from "../prefactor/pfid.ts";
import { newScheduleBody } from "./schedule-body.ts";
import { scheduleSchema, viewSchedule } from "./view-schedule.ts";

export const addSchedule = defineRoute({
  method: "POST",
  url: "/v1/schedules",
  access: "submit",
  tag: "schedules",
  summary: "Run a flow as an identity at set times",
  description: "Give `cron`, with a `timeZone`, or `every`. docs/schedules.md says what each part means.",
  body: newScheduleBody,
  responses: { 201: scheduleSchema },
  failures: ["invalid_argument", "unknown_flow", "invalid_input", "unknown_identity", "conflict"],
  async handler({ deps, caller: { project }, body }) {
    const { webhookAllow } = deps.config;
    const identityId = plainId(body.identityId, project);
    const schedule = await add({ ...deps, webhookAllow }, project, { ...body, identityId });
    return { status: 201, body: viewSchedule(schedule) };
  },
});
