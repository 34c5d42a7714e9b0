import type { Command } from "commander";
import type { CliContext } from "../context.ts";
import { shellWord } from "../format.ts";
import { type ApplicationOptions, fieldsOf, optionsHelp, withApplicationOptions } from "./options.ts";

export function registerAdd(group: Command, context: CliContext): void {
  const command = group
    .command("add")
    .description("name a site that identities sign in to")
    .argument("<name>", "unique in the project");
  withApplicationOptions(command)
    .addHelpText(
      "after",
      `
Examples:
  $ npx latchkey applications add shop --url https://shop.example.com \\
      --allowed-domain login.example.net
  $ npx latchkey applications add people --url https://app.example.com \\
      --schema preset://email
${optionsHelp}`,
    )
    .action(async (name: string, options: ApplicationOptions) => {
      const { applications } = await context.parts.store();
      const { url = null, ...fields } = fieldsOf(options);
      const application = await applications.create(
        context.project,
        { ...fields, name, url },
        { name: context.actor },
      );
      if (options.json === true) return context.json(application);
      const { style } = context;
      context.print(`${style.green("✓")} ${application.name} is stored  ${style.dim(application.id)}`);
      const word = shellWord(application.name);
      context.print(
        application.url === null
          ? `  It has no URL: \`latchkey applications update ${word} --url URL\` names its site.`
          : style.dim(`  latchkey identities add --application ${word} --username USERNAME`),
      );
    });
}
