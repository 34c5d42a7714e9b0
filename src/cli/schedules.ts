import type { Command } from "commander";
import type { CliContext } from "./context.ts";
import { registerAdd } from "./schedules/add.ts";
import { registerList } from "./schedules/list.ts";
import { registerPauseAndResume } from "./schedules/pause.ts";
import { registerRemove } from "./schedules/remove.ts";
import { registerRun } from "./schedules/run.ts";
import { registerShow } from "./schedules/show.ts";

export function registerSchedules(program: Command, context: CliContext): void {
  const group = program
    .command("schedules")
    .description("runs that make themselves: add, list, show, pause, resume, run, remove")
    .addHelpText(
      "after",
      `
Example:
  $ npx latchkey schedules add invoices --flow acme/invoice --identity me \\
      --cron "0 3 * * 1-5" --time-zone Europe/Berlin
A worker must run for a schedule to: \`latchkey start\`. More: docs/schedules.md.`,
    );
  registerAdd(group, context);
  registerList(group, context);
  registerShow(group, context);
  registerPauseAndResume(group, context);
  registerRun(group, context);
  registerRemove(group, context);
}
