import type { Command } from "commander";
import type { CliContext } from "../context.ts";
import { shellWord } from "../format.ts";
import {
  credentialsHelp,
  fieldsOf,
  type IdentityOptions,
  readCredentialsToStore,
  withIdentityOptions,
} from "./options.ts";

export function registerAdd(group: Command, context: CliContext): void {
  const command = group
    .command("add")
    .description("store an identity; its credentials are sealed at once")
    .option(
      "--url <url>",
      "the page a signed-in user lands on, where the login starts; the application's unless given",
    );
  withIdentityOptions(command)
    .addHelpText("after", credentialsHelp)
    .action(async ({ url, json, ...options }: IdentityOptions) => {
      if (url === undefined && options.application === undefined)
        return command.error("error: give --url <url>, or the --application whose site it is of");
      const credentials = await readCredentialsToStore(context, options);
      const { identities, applications } = await context.parts.store();
      const fields = await fieldsOf(options, { applications, project: context.project });
      const identity = await identities.create(
        context.project,
        { ...fields, ...(url === undefined ? {} : { sourceUrl: url }), credentials },
        { name: context.actor },
      );
      if (json === true) return context.json(identity);
      const { style } = context;
      context.print(`${style.green("✓")} ${identity.name} is stored  ${style.dim(identity.id)}`);
      context.print(
        credentials.length === 0 && identity.providerIdentityId === null
          ? "  It has no credentials: `latchkey identities update` stores some."
          : style.dim(`  latchkey identities validate ${shellWord(identity.name)}`),
      );
    });
}
