import type { Command } from "commander";
import type { CliContext } from "../context.ts";
import { nextTimes } from "./view.ts";

export function registerPauseAndResume(group: Command, context: CliContext): void {
  group
    .command("pause")
    .description("let a schedule's times pass by; a run that is going goes on")
    .argument("<schedule>", "name or id")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExample:\n  $ npx latchkey schedules pause invoices")
    .action(async (name: string, { json }: { json?: boolean }) => {
      const { schedules } = await context.parts.store();
      const { id } = await schedules.get(context.project, name);
      const schedule = await schedules.pause(context.project, id);
      if (json === true) return context.json(schedule);
      context.print(`${context.style.green("✓")} ${schedule.name} is paused`);
    });
  group
    .command("resume")
    .description("let a paused schedule run again; what passed meanwhile is not made up for")
    .argument("<schedule>", "name or id")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExample:\n  $ npx latchkey schedules resume invoices")
    .action(async (name: string, { json }: { json?: boolean }) => {
      const { schedules } = await context.parts.store();
      const { id } = await schedules.get(context.project, name);
      const schedule = await schedules.resume(context.project, id);
      if (json === true) return context.json(schedule);
      context.print(`${context.style.green("✓")} ${schedule.name} runs again`);
      for (const line of nextTimes(schedule)) context.print(`  ${line}`);
    });
}
