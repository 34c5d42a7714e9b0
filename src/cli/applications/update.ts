import type { Command } from "commander";
import { Failure } from "../../failure.ts";
import type { CliContext } from "../context.ts";
import { type ApplicationOptions, fieldsOf, optionsHelp, withApplicationOptions } from "./options.ts";

interface UpdateOptions extends ApplicationOptions {
  name?: string;
}

export function registerUpdate(group: Command, context: CliContext): void {
  const command = group
    .command("update")
    .description("change an application")
    .argument("<application>", "id or name")
    .option("--name <name>", "unique in the project");
  withApplicationOptions(command)
    .addHelpText(
      "after",
      `
What is not named stays as it is; a list replaces the list before it.
  $ npx latchkey applications update shop --url https://shop.example.com
  $ npx latchkey applications update shop --max-sessions none
${optionsHelp}`,
    )
    .action(async (given: string, { name, ...options }: UpdateOptions) => {
      const patch = { ...fieldsOf(options), ...(name === undefined ? {} : { name }) };
      if (Object.keys(patch).length === 0)
        throw new Failure("invalid_argument", "Nothing to change was named: --help lists what can be.");
      const { applications } = await context.parts.store();
      const { id } = await applications.get(context.project, given);
      const application = await applications.update(context.project, id, patch, { name: context.actor });
      if (options.json === true) return context.json(application);
      context.print(`${context.style.green("✓")} ${application.name} is changed`);
    });
}
