import { z } from "zod";
import { getDelivery, redeliver as sendAgain } from "../../job/webhooks/deliveries.ts";
import { defineRoute } from "../define-route.ts";
import { deliverySchema } from "./view-delivery.ts";

export const redeliver = defineRoute({
  method: "POST",
  url: "/v1/webhook-deliveries/:id/redeliver",
  access: "submit",
  tag: "webhooks",
  summary: "Send a webhook delivery again, whatever became of it",
  description: "It is due at once, with a whole day of attempts before it, under the same `webhook-id`.",
  params: z.object({ id: z.string().min(1).max(100) }),
  responses: { 202: deliverySchema },
  failures: ["not_found"],
  async handler({ deps: { database }, caller: { project }, params: { id } }) {
    await sendAgain(database.kysely, { project, id });
    const { body: _body, log: _log, ...delivery } = await getDelivery(database.kysely, project, id);
    return { status: 202, body: delivery };
  },
});
