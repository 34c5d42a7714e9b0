import type { Command } from "commander";
import { registerAdd } from "./applications/add.ts";
import { registerList } from "./applications/list.ts";
import { registerRemove } from "./applications/remove.ts";
import { registerShow } from "./applications/show.ts";
import { registerUpdate } from "./applications/update.ts";
import type { CliContext } from "./context.ts";

export function registerApplications(program: Command, context: CliContext): void {
  const group = program
    .command("applications")
    .description("sites and what is known of their people: add, list, show, update, remove")
    .addHelpText(
      "after",
      "\nExample:\n  $ npx latchkey applications add shop --url https://shop.example.com",
    );
  registerAdd(group, context);
  registerList(group, context);
  registerShow(group, context);
  registerUpdate(group, context);
  registerRemove(group, context);
}
