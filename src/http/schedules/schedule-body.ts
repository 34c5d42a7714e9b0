import { z } from "zod";
import { newScheduleSchema } from "../../job/schedule/schedule-input.ts";

/** JSON has no dates; the use case takes both. */
const moment = z.iso.datetime({ offset: true }).nullable().optional();

/** What `POST /v1/schedules` takes. */
export const newScheduleBody = newScheduleSchema.extend({ startsAt: moment, endsAt: moment });

/** What `PATCH /v1/schedules/:schedule` takes: what is left out stays. */
export const schedulePatchBody = newScheduleBody.partial();

export const scheduleParams = z.object({
  schedule: z.string().min(1).max(200).meta({ description: "Its name or id." }),
});
