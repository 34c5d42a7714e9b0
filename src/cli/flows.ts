import type { Command } from "commander";
import { flowSchemas } from "../job/catalogue/flow-schemas.ts";
import type { CliContext } from "./context.ts";
import { registerFlowsNew } from "./flows/new.ts";
import { registerFlowsRecord } from "./flows/record.ts";
import { registerFlowsTest } from "./flows/test.ts";
import { table } from "./table.ts";

export function registerFlows(program: Command, context: CliContext): void {
  const flows = program
    .command("flows")
    .description("list what can be run, or show one flow with its schemas")
    .argument("[name]", "one flow")
    .option("--json", "print JSON; with the input and output schemas")
    .addHelpText("after", "\nExample:\n  $ npx latchkey flows web/capture")
    .action(async (name: string | undefined, { json }: { json?: boolean }) => {
      const catalogue = await context.parts.catalogue();
      const named = name === undefined ? [...catalogue.flows] : [[name, catalogue.flow(name)] as const];
      const listed = named.map(([flowName, flow]) => ({
        name: flowName,
        description: flow.description,
        ...flowSchemas(flow),
      }));
      if (json === true) return context.json(name === undefined ? listed : listed[0]);
      const { style } = context;
      if (name === undefined) {
        const rows = listed.map((flow) => [flow.name, flow.description]);
        context.print(table(context, [{ head: "FLOW" }, { head: "WHAT IT DOES", least: 20 }], rows));
        return context.print(style.dim("\nlatchkey flows <name> shows what a flow takes and gives."));
      }
      for (const flow of listed) {
        context.print(`${style.bold(flow.name)}  ${flow.description}`);
        context.print(schema("Input", flow.input, "It takes no input that has a schema."));
        context.print(schema("Output", flow.output, "What it gives has no schema."));
      }
    });
  registerFlowsNew(flows, context);
  registerFlowsTest(flows, context);
  registerFlowsRecord(flows, context);
}

function schema(title: string, value: unknown, none: string): string {
  return value === null ? `\n${none}` : `\n${title}:\n${JSON.stringify(value, null, 2)}`;
}
