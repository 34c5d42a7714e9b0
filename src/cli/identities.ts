import type { Command } from "commander";
import type { CliContext } from "./context.ts";
import { registerAdd } from "./identities/add.ts";
import { registerCheck } from "./identities/check.ts";
import { registerHealth } from "./identities/health.ts";
import { registerList } from "./identities/list.ts";
import { registerRemove } from "./identities/remove.ts";
import { registerShow } from "./identities/show.ts";
import { registerUpdate } from "./identities/update.ts";
import { registerValidate } from "./identities/validate.ts";

export function registerIdentities(program: Command, context: CliContext): void {
  const group = program
    .command("identities")
    .description("who to be: add, list, show, validate, check, health, update, remove")
    .addHelpText(
      "after",
      "\nExample:\n  $ npx latchkey identities add --url https://app.example.com --username me",
    );
  registerAdd(group, context);
  registerList(group, context);
  registerShow(group, context);
  registerValidate(group, context);
  registerCheck(group, context);
  registerHealth(group, context);
  registerUpdate(group, context);
  registerRemove(group, context);
}
