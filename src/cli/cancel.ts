import type { Command } from "commander";
import { cancelRun } from "../job/cancel.ts";
import { endAbandoned } from "../job/queue/end-abandoned.ts";
import type { CliContext } from "./context.ts";
import { findId } from "./find-id.ts";
import { statusCell } from "./runs/view.ts";

export function registerCancel(program: Command, context: CliContext): void {
  program
    .command("cancel")
    .description("cancel a run: one that waits ends at once, one that is running is stopped")
    .argument("<id>", "the run, by its id or the beginning of it")
    .option("--json", "print the run as JSON")
    .addHelpText("after", "\nExample:\n  $ npx latchkey cancel 3f2a91bc")
    .action(async (given: string, { json }: { json?: boolean }) => {
      const { database, runs } = await context.parts.store();
      const id = await findId(context, "runs", given);
      await endAbandoned({ db: database.kysely, runs });
      const before = await runs.get(context.project, id);
      const { queue } = await context.parts.queueing();
      const run = await cancelRun({ database, runs, queue }, context.project, id);
      if (json === true) return context.json(run);
      const { style } = context;
      const { text, style: colour } = statusCell(context, run);
      if (before.endedAt !== null)
        context.print(`The run had ended already: ${colour(text)}  ${style.dim(id)}`);
      else if (run.endedAt === null)
        context.print(`${style.green("✓")} its worker is told to stop it  ${style.dim(id)}`);
      else context.print(`${style.green("✓")} cancelled  ${style.dim(id)}`);
    });
}
