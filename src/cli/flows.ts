import type { Command } from "commander";
import { dim } from "yoctocolors";
import { flowSchemas } from "../job/flow-schemas.ts";
import type { CliContext } from "./context.ts";
import { table } from "./table.ts";

export function registerFlows(program: Command, context: CliContext): void {
  program
    .command("flows")
    .description("list what can be run; --json adds the input and output schemas")
    .argument("[name]", "one flow, with its input schema")
    .option("--json", "print JSON")
    .action(async (name: string | undefined, { json }: { json?: boolean }) => {
      const catalogue = await context.parts.catalogue();
      const named = name === undefined ? [...catalogue.flows] : [[name, catalogue.flow(name)] as const];
      const flows = named.map(([flowName, flow]) => ({
        name: flowName,
        description: flow.description,
        ...flowSchemas(flow),
      }));
      if (json === true) return context.json(name === undefined ? flows : flows[0]);
      if (name === undefined) {
        context.print(
          table(
            ["FLOW", "WHAT IT DOES"],
            flows.map((flow) => [flow.name, flow.description]),
          ),
        );
        return context.print(dim("\nlatchkey flows <name> prints a flow's input schema."));
      }
      for (const flow of flows) {
        context.print(`${flow.name}: ${flow.description}\n`);
        context.print(
          flow.input === null ? "It takes no input." : `Input:\n${JSON.stringify(flow.input, null, 2)}`,
        );
      }
    });
}
