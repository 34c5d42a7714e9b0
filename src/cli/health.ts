import type { Command } from "commander";
import { scheduleHealth } from "../job/schedule/schedule-health.ts";
import type { CliContext } from "./context.ts";
import { type TimesOptions, timesOf, withTimesOptions } from "./schedules/times.ts";
import { nextTimes } from "./schedules/view.ts";

interface HealthOptions extends Omit<TimesOptions, "overlap" | "missed"> {
  application?: string;
  reauthenticate: boolean;
  json?: boolean;
}

export function registerHealth(program: Command, context: CliContext): void {
  const group = program
    .command("health")
    .description("look at identities at set times, and sign in again those whose session has ended")
    .addHelpText("after", "\nExample:\n  $ npx latchkey health schedule --every 6h --jitter 30m");
  withTimesOptions(
    group
      .command("schedule")
      .description("set when identities are looked at; set again, it replaces what was set")
      .option("--application <id>", "those of this application, by id or name; else the project's"),
    { policies: false },
  )
    .option("--no-reauthenticate", "only look: sign nobody in")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Examples:
  $ npx latchkey health schedule --application acme --every 6h --jitter 30m
  $ npx latchkey health schedule --every 1d --no-reauthenticate
It is a schedule: \`latchkey schedules\` shows, pauses and removes it. The looks
are spread over the jitter. What they found: \`latchkey identities health\`.`,
    )
    .action(async ({ application, reauthenticate, json, ...times }: HealthOptions) => {
      const { applications, schedules } = await context.parts.store();
      const schedule = await scheduleHealth({ applications, schedules }, context.project, {
        ...timesOf(times),
        reauthenticate,
        ...(application === undefined ? {} : { application }),
      });
      if (json === true) return context.json(schedule);
      context.print(`${context.style.green("✓")} ${schedule.name} is scheduled`);
      for (const line of nextTimes(schedule)) context.print(`  ${line}`);
    });
}
