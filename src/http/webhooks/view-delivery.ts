import { z } from "zod";

const time = z.iso.datetime();

/** A webhook delivery as the API shows it. */
export const deliverySchema = z
  .object({
    id: z.uuid().meta({ description: "The message's id: the header `webhook-id`." }),
    runId: z.uuid(),
    type: z.string(),
    url: z.string(),
    status: z.enum(["pending", "delivered", "failed"]),
    attempts: z.int(),
    dueAt: time.nullable().meta({ description: "When the next attempt is due." }),
    createdAt: time,
    endedAt: time.nullable(),
    lastAttempt: z
      .object({
        at: time,
        durationMs: z.int(),
        statusCode: z.int().nullable().meta({ description: "Null where no answer came." }),
        error: z.string().nullable().meta({ description: "Null for a success." }),
      })
      .nullable(),
  })
  .meta({ id: "WebhookDelivery" });
