import type { AllowedDestinations } from "../destinations.ts";
import type { Catalogue } from "./catalogue/catalogue.ts";
import { checkSchema } from "./catalogue/check-schema.ts";
import { checkWebhook } from "./check-webhook.ts";
import type { Job } from "./job.ts";

export interface JobCheck {
  catalogue: Catalogue;
  /** Where webhooks may go besides the public internet. */
  webhookAllow: AllowedDestinations;
}

/**
 * Refuses a job that a worker would refuse, but for its identity.
 * @throws Failure `invalid_job` for its webhook, `unknown_flow`, `invalid_input`
 */
export async function checkJob({ catalogue, webhookAllow }: JobCheck, job: Job): Promise<void> {
  checkWebhook(job.webhookUrl, webhookAllow);
  const flow = catalogue.flow(job.flow);
  await checkSchema(flow.input, job.input, { code: "invalid_input", what: `The input of ${job.flow}` });
}
