import { z } from "zod";
import { Failure } from "../../failure.ts";
import { nameSchema } from "../../identity/identity-input.ts";
import { onDemand } from "../../on-demand.ts";
import { jobSchema } from "../job.ts";
import { parseInterval } from "./interval.ts";

export const overlapPolicies = ["skip", "queue", "cancel_old"] as const;
export const missedPolicies = ["run_once", "skip"] as const;

const longestIntervalMs = 366 * 86_400_000;
/** Longest jitter, in milliseconds. */
const longestJitterMs = 86_400_000;

const cronSchema = z.string().superRefine((text, context) => {
  const fault = cronFault(text);
  if (fault !== undefined) context.addIssue({ code: "custom", message: fault });
});

const timeZoneSchema = z.string().refine(isTimeZone, "is no IANA time zone such as Europe/Berlin or UTC");

const intervalSchema = (least: number, most: number, range: string) =>
  z
    .union([z.string(), z.number()])
    .transform((value) => (typeof value === "number" ? value : (parseInterval(value) ?? Number.NaN)))
    .refine((ms) => Number.isSafeInteger(ms), "is no length of time such as 90s, 15m, 2h, 1d or PT15M")
    .refine((ms) => !(ms < least) && !(ms > most), `is not ${range}`);

const everySchema = intervalSchema(1_000, longestIntervalMs, "between one second and 366 days");
const jitterSchema = intervalSchema(0, longestJitterMs, "between 0 and one day");

const momentSchema = z
  .union([z.date(), z.iso.datetime({ offset: true }).transform((text) => new Date(text))])
  .nullable();

/** How a schedule's runs are made. */
export const runOptionsSchema = z.strictObject({
  attempts: z.number().int().min(1).max(100).optional(),
  priority: z.number().int().min(0).max(2_097_152).optional(),
  deadlineMs: jobSchema.shape.deadlineMs,
  codeTimeoutMs: jobSchema.shape.codeTimeoutMs,
  provider: jobSchema.shape.provider,
  trace: z.boolean().optional(),
  webhookUrl: jobSchema.shape.webhookUrl,
  tags: jobSchema.shape.tags,
});
export type RunOptions = z.output<typeof runOptionsSchema>;

/** When, and what to do about what comes between. */
const timesShape = {
  cron: cronSchema.optional(),
  every: everySchema.optional(),
  timeZone: timeZoneSchema.optional(),
  jitter: jitterSchema.optional(),
  overlap: z.enum(overlapPolicies).optional(),
  missed: z.enum(missedPolicies).optional(),
  startsAt: momentSchema.optional(),
  endsAt: momentSchema.optional(),
  paused: z.boolean().optional(),
};

export const newScheduleSchema = z.strictObject({
  name: nameSchema,
  flow: jobSchema.shape.flow,
  /** Id or name. */
  identityId: jobSchema.shape.identityId,
  input: jobSchema.shape.input,
  ...runOptionsSchema.shape,
  ...timesShape,
});

export const schedulePatchSchema = newScheduleSchema.partial();

export type NewSchedule = z.input<typeof newScheduleSchema>;
export type SchedulePatch = z.input<typeof schedulePatchSchema>;

/** What is wrong with a cron expression, for its author; undefined when nothing is. */
function cronFault(text: string): string | undefined {
  const fields = text.trim().split(/\s+/);
  // cron-parser fills in what is missing; a schedule that was half typed should not run every minute.
  if (!text.startsWith("@") && fields.length !== 5 && fields.length !== 6)
    return "has not five fields (minute hour day month weekday), or six with seconds first";
  try {
    onDemand.cronParser().CronExpressionParser.parse(text, { hashSeed: "check" }).next();
    return undefined;
  } catch (error) {
    const why = error instanceof Error ? error.message : "it cannot be read";
    return `is no cron expression: ${why}`;
  }
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return /^[A-Za-z]/.test(name);
  } catch {
    return false;
  }
}

/** @throws Failure `invalid_argument` unless exactly one of them says when */
export function checkOneTiming({ cron, every }: { cron?: unknown; every?: unknown }): void {
  if ((cron === undefined) === (every === undefined))
    throw new Failure(
      "invalid_argument",
      "A schedule has either cron fields or an interval: give one of the two.",
    );
}
