import type { Command } from "commander";
import type { CliContext } from "../context.ts";

export function registerRemove(group: Command, context: CliContext): void {
  group
    .command("rm")
    .description("remove a schedule; its runs stay")
    .argument("<schedule>", "name or id")
    .addHelpText("after", "\nExample:\n  $ npx latchkey schedules rm invoices")
    .action(async (name: string) => {
      const { schedules } = await context.parts.store();
      const schedule = await schedules.get(context.project, name);
      await schedules.remove(context.project, schedule.id);
      context.print(`${context.style.green("✓")} ${schedule.name} is removed`);
    });
}
