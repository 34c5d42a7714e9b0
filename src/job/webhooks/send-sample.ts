import { randomUUID } from "node:crypto";
import { type AllowedDestinations, faultOfDestination } from "../../destinations.ts";
import { Failure } from "../../failure.ts";
import { webhookBody } from "../record/outbox.ts";
import type { WebhookSecrets } from "./secrets.ts";
import { type Attempt, createSend } from "./send.ts";

/**
 * Sends a signed sample once, as a report would be sent, for people who set up a receiver. It is in no log.
 * @throws Failure `invalid_argument`
 */
export async function sendSample(
  { secrets, allowed }: { secrets: Pick<WebhookSecrets, "active">; allowed: AllowedDestinations },
  { project, url, signal }: { project: string; url: string; signal: AbortSignal },
): Promise<Attempt> {
  const fault = faultOfDestination(url, allowed);
  if (fault !== undefined) throw new Failure("invalid_argument", `The webhook URL ${fault}.`);
  const body = webhookBody("webhook.test", { project, message: "A sample: no run has ended." });
  const send = createSend({ allowed });
  return await send({ id: randomUUID(), url, body }, await secrets.active(project), signal);
}
