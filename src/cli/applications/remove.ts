import type { Command } from "commander";
import type { CliContext } from "../context.ts";
import { counted } from "../format.ts";

export function registerRemove(group: Command, context: CliContext): void {
  group
    .command("rm")
    .description("remove an application that has no identities")
    .argument("<application>", "id or name")
    .option("--cascade", "remove its identities, with their credentials and saved states, too")
    .addHelpText("after", "\nExample:\n  $ npx latchkey applications rm shop --cascade")
    .action(async (name: string, { cascade = false }: { cascade?: boolean }) => {
      const { applications } = await context.parts.store();
      const { id } = await applications.get(context.project, name);
      const [overview] = await applications.overview(context.project, { id });
      await applications.remove(context.project, id, { name: context.actor }, { cascade });
      const count = overview?.identityCount ?? 0;
      context.print(
        `${context.style.green("✓")} ${overview?.name ?? name} is removed${count === 0 ? "" : `, with ${counted(count, "identity", "identities")}`}`,
      );
    });
}
