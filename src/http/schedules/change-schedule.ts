import { changeSchedule as change } from "../../job/schedule/change-schedule.ts";
import { defineRoute } from "../define-route.ts";
import { plainId } from "../prefactor/pfid.ts";
import { scheduleParams, schedulePatchBody } from "./schedule-body.ts";
import { scheduleSchema, viewSchedule } from "./view-schedule.ts";

export const changeSchedule = defineRoute({
  method: "PATCH",
  url: "/v1/schedules/:schedule",
  access: "submit",
  tag: "schedules",
  summary: "Change a schedule; pause or resume it with `paused`",
  description: "What is left out stays. A health check takes `paused` only.",
  params: scheduleParams,
  body: schedulePatchBody,
  responses: { 200: scheduleSchema },
  failures: [
    "invalid_argument",
    "not_found",
    "unknown_flow",
    "invalid_input",
    "unknown_identity",
    "conflict",
  ],
  async handler({ deps, caller: { project }, params: { schedule: name }, body }) {
    const { paused, ...rest } = body;
    const { id } = await deps.schedules.get(project, name);
    if (paused !== undefined && Object.keys(rest).length === 0) {
      const changed = await (paused ? deps.schedules.pause(project, id) : deps.schedules.resume(project, id));
      return { status: 200, body: viewSchedule(changed) };
    }
    const { webhookAllow } = deps.config;
    const { identityId } = body;
    const patch = identityId === undefined ? body : { ...body, identityId: plainId(identityId, project) };
    const changed = await change({ ...deps, webhookAllow }, { project, name: id, patch });
    return { status: 200, body: viewSchedule(changed) };
  },
});
