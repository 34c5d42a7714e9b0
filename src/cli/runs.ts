import { type Command, Option } from "commander";
import type { CliContext } from "./context.ts";
import { findId } from "./find-id.ts";
import { parseCount } from "./parse.ts";
import { type ListOptions, listRuns, statuses } from "./runs/list.ts";
import { registerLive } from "./runs/live.ts";
import { showRun } from "./runs/show.ts";

const mostListed = 1_000;

export function registerRuns(program: Command, context: CliContext): void {
  const runs = program.command("runs").description("list runs, newest first, or show one");
  registerLive(runs, context);
  runs
    .argument("[id]", "one run, by its id or the beginning of it")
    .option("--identity <id>", "of this identity, by id or name")
    .option("--flow <flow>", "of this flow")
    .option("--schedule <schedule>", "made by this schedule, by name or id")
    .addOption(new Option("--status <status>", "in this status").choices(statuses))
    .option("--limit <n>", "how many", parseCount(mostListed), 20)
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Examples:
  $ npx latchkey runs --identity me --status failed
  $ npx latchkey runs 3f2a91bc`,
    )
    .action(async (id: string | undefined, options: ListOptions & { json?: boolean }) => {
      const json = options.json === true;
      if (id === undefined) return listRuns(context, options, json);
      const { runs } = await context.parts.store();
      await showRun(context, await runs.get(context.project, await findId(context, "runs", id)), json);
    });
}
