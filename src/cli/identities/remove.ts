import type { Command } from "commander";
import type { CliContext } from "../context.ts";

export function registerRemove(group: Command, context: CliContext): void {
  group
    .command("rm")
    .description(
      "remove an identity with its credentials and saved state; its audit stays, and for 30 days its traits",
    )
    .argument("<identity>", "id or name")
    .addHelpText("after", "\nExample:\n  $ npx latchkey identities rm me")
    .action(async (name: string) => {
      const { identities } = await context.parts.store();
      const identity = await identities.get(context.project, name);
      await identities.remove(context.project, identity.id, { name: context.actor });
      context.print(`${context.style.green("✓")} ${identity.name} is removed`);
    });
}
