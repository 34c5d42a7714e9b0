import type { Command } from "commander";
import { validateFlowName } from "../../job/catalogue/validate-flow.ts";
import type { CliContext } from "../context.ts";
import { checkDisplay } from "../display.ts";
import { printOutcome } from "../outcome.ts";

export function registerValidate(group: Command, context: CliContext): void {
  group
    .command("validate")
    .description("sign in with the stored credentials, whatever the saved state, and save the new state")
    .argument("<identity>", "id or name")
    .option("--headed", "show the browser")
    .option("--json", "print the outcome as JSON")
    .addHelpText("after", "\nExample:\n  $ npx latchkey identities validate me")
    .action(async (name: string, { headed = false, json = false }: { headed?: boolean; json?: boolean }) => {
      if (headed) checkDisplay(context);
      const { runHere } = await import("../run-here.ts");
      const ended = await runHere(
        context,
        { flow: validateFlowName, identityId: name },
        { headed, quiet: json },
      );
      if (json) return context.json({ runId: ended.runId, ...ended.outcome });
      if (ended.outcome.status === "failed") return printOutcome(context, ended);
      context.print(
        `${context.style.green("✓")} ${ended.identity.name} is validated, and its state is saved`,
      );
    });
}
