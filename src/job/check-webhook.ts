import { type AllowedDestinations, faultOfDestination } from "../destinations.ts";
import { Failure } from "../failure.ts";

/**
 * Refuses a webhook's URL, as far as the URL itself shows; where its name leads is looked at whenever something is sent.
 * @throws Failure `invalid_job`
 */
export function checkWebhook(url: string | undefined, allowed: AllowedDestinations): void {
  const fault = url === undefined ? undefined : faultOfDestination(url, allowed);
  if (fault !== undefined) throw new Failure("invalid_job", `webhookUrl: It ${fault}.`);
}
