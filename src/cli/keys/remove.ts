import type { Command } from "commander";
import type { CliContext } from "../context.ts";

export function registerRemove(group: Command, context: CliContext): void {
  group
    .command("rm")
    .description("remove an API key: every server refuses it at once")
    .argument("<id>", "as `latchkey keys list` shows it")
    .addHelpText("after", "\nExample:\n  $ npx latchkey keys rm 4fXq0a81LkcW")
    .action(async (id: string) => {
      const { apiKeys } = await context.parts.store();
      const { name } = await apiKeys.remove(context.project, id, { name: context.actor });
      context.print(`${context.style.green("✓")} ${id} is removed  ${context.style.dim(name)}`.trimEnd());
    });
}
