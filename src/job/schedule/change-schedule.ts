import type { z } from "zod";
import { Failure } from "../../failure.ts";
import type { Identities } from "../../identity/identities.ts";
import { check } from "../../identity/identity-input.ts";
import type { Catalogue } from "../catalogue/catalogue.ts";
import { checkSchema } from "../catalogue/check-schema.ts";
import { checkWebhook } from "../check-webhook.ts";
import type { SubmitDeps } from "../submit.ts";
import { formatInterval } from "./interval.ts";
import {
  checkOneTiming,
  type NewSchedule,
  newScheduleSchema,
  type RunOptions,
  type SchedulePatch,
  schedulePatchSchema,
} from "./schedule-input.ts";
import type { Schedule, ScheduleFields, Schedules } from "./schedules.ts";
import { nextFire, shortestGap } from "./timing.ts";

export interface ChangeScheduleDeps {
  catalogue: Catalogue;
  identities: Pick<Identities, "get">;
  schedules: Schedules;
  /** Where webhooks may go besides the public internet. */
  webhookAllow: SubmitDeps["webhookAllow"];
}

/**
 * Adds a schedule, once all that its runs would be refused for is in order.
 * @throws Failure `invalid_argument` listing every fault, `unknown_flow`, `invalid_input`, `unknown_identity`, `conflict`
 */
export async function addSchedule(
  deps: ChangeScheduleDeps,
  project: string,
  given: NewSchedule,
): Promise<Schedule> {
  const input = check(newScheduleSchema, "schedule", given);
  checkOneTiming(input);
  const fields: ScheduleFields = {
    name: input.name,
    kind: "run",
    flow: input.flow,
    identityId: input.identityId,
    applicationId: null,
    input: input.input,
    options: optionsOf(input),
    ...newTimes(input),
  };
  checkTimes(fields);
  return await deps.schedules.create(project, await checkRun(deps, project, fields));
}

/** Changes what is given of a schedule. @throws Failure as `addSchedule`, and `not_found` */
export async function changeSchedule(
  deps: ChangeScheduleDeps,
  { project, name, patch }: { project: string; name: string; patch: SchedulePatch },
): Promise<Schedule> {
  const input = check(schedulePatchSchema, "change", patch);
  const before = await deps.schedules.get(project, name);
  if (before.kind !== "run")
    throw new Failure("invalid_argument", "It is a health check: change it with `latchkey health schedule`.");
  if (input.cron !== undefined && input.every !== undefined) checkOneTiming(input);
  const retimed = input.cron !== undefined || input.every !== undefined;
  const fields: ScheduleFields = {
    ...before,
    ...given({ name: input.name, flow: input.flow, identityId: input.identityId, input: input.input }),
    options: { ...before.options, ...optionsOf(input) },
    ...(retimed ? { cron: input.cron ?? null, everyMs: input.every ?? null } : {}),
    ...given({
      timeZone: input.timeZone,
      jitterMs: input.jitter,
      overlap: input.overlap,
      missed: input.missed,
      startsAt: input.startsAt,
      endsAt: input.endsAt,
      paused: input.paused,
    }),
  };
  checkTimes(fields);
  return await deps.schedules.update(project, before.id, await checkRun(deps, project, fields));
}

type Times = Omit<
  z.output<typeof newScheduleSchema>,
  "name" | "flow" | "identityId" | "input" | keyof RunOptions
>;

/** A new schedule's times with everything that was left out as it is by default. */
export function newTimes(input: Times) {
  return {
    cron: input.cron ?? null,
    everyMs: input.every ?? null,
    timeZone: input.timeZone ?? "UTC",
    jitterMs: input.jitter ?? 0,
    overlap: input.overlap ?? ("skip" as const),
    missed: input.missed ?? ("run_once" as const),
    startsAt: input.startsAt ?? null,
    endsAt: input.endsAt ?? null,
    paused: input.paused ?? false,
  };
}

/** @throws Failure `invalid_argument` where the times make no sense together */
export function checkTimes(fields: ScheduleFields): void {
  const { startsAt, endsAt, cron, everyMs, timeZone, jitterMs } = fields;
  const now = Date.now();
  const timing = {
    ...(cron === null ? {} : { cron }),
    ...(everyMs === null ? {} : { everyMs }),
    ...(startsAt === null ? {} : { startsAt: startsAt.getTime() }),
    ...(endsAt === null ? {} : { endsAt: endsAt.getTime() }),
    anchor: (startsAt ?? new Date(now)).getTime(),
    timeZone,
    jitterMs: 0,
    seed: "",
  };
  if (nextFire(timing, now) === undefined)
    throw new Failure("invalid_argument", "It would never run: it has no time from now on before its end.");
  const gap = shortestGap(timing, now);
  if (gap !== undefined && jitterMs > gap)
    throw new Failure(
      "invalid_argument",
      `jitter: is longer than the ${formatInterval(gap)} between two of its times.`,
    );
}

/** The identity's id in place of its name, once the flow is known and takes the input. */
async function checkRun(
  { catalogue, identities, webhookAllow }: ChangeScheduleDeps,
  project: string,
  fields: ScheduleFields,
): Promise<ScheduleFields> {
  checkWebhook(fields.options.webhookUrl, webhookAllow);
  const flow = catalogue.flow(fields.flow);
  await checkSchema(flow.input, fields.input ?? undefined, {
    code: "invalid_input",
    what: `The input of ${fields.flow}`,
  });
  const identity = await identities.get(project, fields.identityId ?? "");
  return { ...fields, identityId: identity.id };
}

function optionsOf({
  attempts,
  priority,
  deadlineMs,
  codeTimeoutMs,
  provider,
  trace,
  webhookUrl,
  tags,
}: RunOptions): ScheduleFields["options"] {
  return given({ attempts, priority, deadlineMs, codeTimeoutMs, provider, trace, webhookUrl, tags });
}

/** Without what was left out. */
function given<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
