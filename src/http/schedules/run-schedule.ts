import { z } from "zod";
import { fireByHand } from "../../job/schedule/fire-schedule.ts";
import { defineRoute } from "../define-route.ts";
import { scheduleParams } from "./schedule-body.ts";

export const runSchedule = defineRoute({
  method: "POST",
  url: "/v1/schedules/:schedule/run",
  access: "submit",
  tag: "schedules",
  summary: "Make a schedule's run now, paused or not",
  description:
    "Where one is still going, it waits for its turn. A health check makes a run for each identity.",
  params: scheduleParams,
  responses: {
    202: z.object({
      runId: z.uuid().nullable().meta({ description: "Null for a health check, which has many." }),
    }),
  },
  failures: ["not_found", "unknown_flow", "invalid_input", "unknown_identity"],
  async handler({ deps, caller: { project }, params: { schedule: name }, request }) {
    const { attempts, webhookAllow } = deps.config;
    const schedule = await deps.schedules.get(project, name);
    const fireDeps = { ...deps, db: deps.database.kysely, log: request.log, attempts, webhookAllow };
    return { status: 202, body: { runId: await fireByHand({ ...fireDeps, missedAfterMs: 0 }, schedule) } };
  },
});
