import { z } from "zod";
import { listDeliveries as list } from "../../job/webhooks/deliveries.ts";
import { defineRoute } from "../define-route.ts";
import { deliverySchema } from "./view-delivery.ts";

export const listDeliveries = defineRoute({
  method: "GET",
  url: "/v1/webhook-deliveries",
  access: "read",
  tag: "webhooks",
  summary: "List webhook deliveries, newest first",
  query: z.strictObject({
    runId: z.uuid().optional(),
    status: z.enum(["pending", "delivered", "failed"]).optional(),
    limit: z.coerce.number().int().min(1).max(1_000).default(50),
  }),
  responses: { 200: z.object({ items: z.array(deliverySchema) }) },
  async handler({ deps: { database }, caller: { project }, query: { runId, status, limit } }) {
    const items = await list(database.kysely, {
      project,
      limit,
      ...(runId === undefined ? {} : { runId }),
      ...(status === undefined ? {} : { status }),
    });
    return { status: 200, body: { items } };
  },
});
