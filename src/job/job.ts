import { z } from "zod";
import { providerNames } from "../config.ts";

/**
 * What a queue job carries: names and inputs, never a secret. This is the contract for producers in any language;
 * docs/jobs.md describes it.
 */
export const jobSchema = z.strictObject({
  /** The run this job is; made from the queue's job id when absent. */
  runId: z.uuid().optional(),
  project: z.string().min(1).max(100).default("default"),
  flow: z.string().min(1).max(200),
  /** Id or name of the identity; or the id of one that lives at the provider alone. */
  identityId: z.string().min(1).max(200),
  input: z.json().optional(),
  /** Where its session comes from; the identity's, else the configuration's, unless given. docs/providers.md. */
  provider: z.enum(providerNames).optional(),
  /** Longest the run may take, in milliseconds. */
  deadlineMs: z
    .number()
    .int()
    .min(1)
    .max(24 * 3_600_000)
    .optional(),
  /** How long its login may wait for a one-time code from elsewhere, in milliseconds; 0 for not at all. */
  codeTimeoutMs: z.number().int().min(0).max(3_600_000).optional(),
  /** Record a Playwright trace of the flow. */
  trace: z.boolean().default(false),
  /** Where to report what the run came to: http(s), without credentials in it. docs/webhooks.md. */
  webhookUrl: z
    .url({ protocol: /^https?$/, error: "is not an http or https URL" })
    .max(2_000)
    .refine((url) => !hasCredentials(url), { error: "carries a username or password" })
    .optional(),
  /** The schedule it belongs to: runs of one schedule for one identity go one after another. */
  scheduleId: z.uuid().optional(),
  tags: z.record(z.string().max(100), z.string().max(500)).optional(),
});

export type Job = z.output<typeof jobSchema>;
export type JobInput = z.input<typeof jobSchema>;

function hasCredentials(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { username, password } = new URL(url);
  return username !== "" || password !== "";
}

/** The name of every run's job in the queue. */
export const jobName = "run";
