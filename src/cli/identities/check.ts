import type { Command } from "commander";
import { checkHealthFlowName } from "../../job/catalogue/check-health-flow.ts";
import type { CliContext } from "../context.ts";
import { printOutcome } from "../outcome.ts";
import { healthCell } from "./view.ts";

interface CheckOptions {
  reauthenticate: boolean;
  json?: boolean;
}

export function registerCheck(group: Command, context: CliContext): void {
  group
    .command("check")
    .description("look whether the saved state still signs in; where it has lapsed, sign in if possible")
    .argument("<identity>", "id or name")
    .option("--no-reauthenticate", "only look: type no credentials")
    .option("--json", "print JSON: the run's outcome and the identity's health")
    .addHelpText("after", "\nExample:\n  $ npx latchkey identities check me --no-reauthenticate")
    .action(async (name: string, { reauthenticate, json = false }: CheckOptions) => {
      const { runHere } = await import("../run-here.ts");
      const job = {
        flow: checkHealthFlowName,
        identityId: name,
        input: { reauthenticate },
      };
      const ended = await runHere(context, job, { quiet: json });
      const { identities } = await context.parts.store();
      const { health } = await identities.get(context.project, ended.identity.id);
      if (health.state === "needs_attention") process.exitCode = 1;
      if (json) return context.json({ runId: ended.runId, ...ended.outcome, health });
      if (ended.outcome.status === "failed") printOutcome(context, ended);
      const cell = healthCell(context, health);
      const shown = typeof cell === "string" ? cell : cell.style(cell.text);
      context.print(`${ended.identity.name} is ${shown}: ${health.reason}`);
      if (health.note !== null)
        context.print(context.style.dim(`  this look could not tell: ${health.note}`));
    });
}
