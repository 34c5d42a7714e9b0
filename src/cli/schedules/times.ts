import { type Command, InvalidArgumentError, Option } from "commander";
import { parseInterval } from "../../job/schedule/interval.ts";
import { missedPolicies, overlapPolicies } from "../../job/schedule/schedule-input.ts";

/** What says when a schedule's times are, and what to do about them. */
export interface TimesOptions {
  cron?: string;
  every?: number;
  timeZone?: string;
  jitter?: number;
  overlap?: (typeof overlapPolicies)[number];
  missed?: (typeof missedPolicies)[number];
  starts?: Date;
  ends?: Date;
  paused?: boolean;
}

export function withTimesOptions(command: Command, { policies }: { policies: boolean }): Command {
  const timed = command
    .option("--cron <fields>", "minute hour day month weekday; six fields begin with seconds")
    .option("--every <interval>", "instead of --cron: 90s, 15m, 2h, 1d, PT15M", interval)
    .option("--time-zone <zone>", "IANA zone that the cron fields are in (default: UTC)")
    .option("--jitter <interval>", "let each time come up to so much later", interval)
    .option("--starts <moment>", "no time before: 2026-12-01T00:00:00+01:00", moment)
    .option("--ends <moment>", "no time after", moment)
    .option("--paused", "add it paused");
  if (!policies) return timed;
  return timed
    .addOption(
      new Option("--overlap <policy>", "while the run before is still going (default: skip)").choices([
        ...overlapPolicies,
      ]),
    )
    .addOption(
      new Option(
        "--missed <policy>",
        "about a time that no worker was there for (default: run_once)",
      ).choices([...missedPolicies]),
    );
}

/** The options in the schedule's own terms; what was not given is left out. */
export function timesOf({ starts, ends, ...times }: TimesOptions) {
  return {
    ...times,
    ...(starts === undefined ? {} : { startsAt: starts }),
    ...(ends === undefined ? {} : { endsAt: ends }),
  };
}

function interval(text: string): number {
  const ms = parseInterval(text);
  if (ms === undefined)
    throw new InvalidArgumentError("It is no length of time such as 90s, 15m, 2h, 1d or PT15M.");
  return ms;
}

function moment(text: string): Date {
  const date = new Date(text);
  if (!/^\d{4}-\d{2}-\d{2}(?:T.*(?:Z|[+-]\d{2}:?\d{2}))?$/.test(text) || Number.isNaN(date.getTime()))
    throw new InvalidArgumentError("It is no moment such as 2026-12-01T08:00:00+01:00 or 2026-12-01.");
  return date;
}
