import type { Command } from "commander";
import type { CliContext } from "./context.ts";
import { registerAdd } from "./keys/add.ts";
import { registerList } from "./keys/list.ts";
import { registerRemove } from "./keys/remove.ts";
import { registerRotate } from "./keys/rotate.ts";

export function registerKeys(program: Command, context: CliContext): void {
  const group = program
    .command("keys")
    .description("API keys: add, list, remove; the master key that seals identities: rotate")
    .addHelpText(
      "after",
      "\nExamples:\n  $ npx latchkey keys add --scope submit --name backend\n  $ npx latchkey keys rotate",
    );
  registerAdd(group, context);
  registerList(group, context);
  registerRemove(group, context);
  registerRotate(group, context);
}
