import { type Command, Option } from "commander";
import { Failure } from "../../failure.ts";
import { type CredentialType, credentialTypes } from "../../identity/types.ts";
import type { CliContext } from "../context.ts";
import { fieldsOf, type IdentityOptions, readCredentialsToStore, withIdentityOptions } from "./options.ts";

interface UpdateOptions extends IdentityOptions {
  removeCredentials?: CredentialType[];
  healthChecks?: boolean;
  autoReauthenticate?: boolean;
  saveSessions?: boolean;
}

export function registerUpdate(group: Command, context: CliContext): void {
  const command = group
    .command("update")
    .description("change an identity; changed credentials must be validated again")
    .argument("<identity>", "id or name")
    .option("--url <url>", "the page a signed-in user lands on");
  withIdentityOptions(command)
    .addOption(
      new Option("--remove-credentials <type...>", "forget the credentials of these types").choices([
        ...credentialTypes,
      ]),
    )
    .option("--health-checks", "let scheduled health checks look at it again")
    .option("--no-health-checks", "let scheduled health checks pass it over")
    .option("--auto-reauthenticate", "let health checks sign it in again")
    .option("--no-auto-reauthenticate", "let health checks never sign it in")
    .option("--save-sessions", "save what its site keeps in a session's browser when that ends")
    .option("--no-save-sessions", "keep its saved state as it was before a session")
    .addHelpText(
      "after",
      `
What is not named stays as it is. New credentials replace those of their type.
  $ npx latchkey identities update me --username me --password-env APP_PASSWORD
  $ npx latchkey identities update me --sessions 3 --allow login.example.net`,
    )
    .action(async (name: string, options: UpdateOptions) => {
      const { url, json, removeCredentials, healthChecks, autoReauthenticate, saveSessions } = options;
      const credentials = await readCredentialsToStore(context, options);
      const { identities, applications } = await context.parts.store();
      const { id } = await identities.get(context.project, name);
      const patch = {
        ...(await fieldsOf(options, { applications, project: context.project })),
        ...(healthChecks === undefined ? {} : { healthChecks }),
        ...(autoReauthenticate === undefined ? {} : { autoReauthenticate }),
        ...(saveSessions === undefined ? {} : { saveSessions }),
        ...(url === undefined ? {} : { sourceUrl: url }),
        ...(credentials.length === 0 ? {} : { credentials }),
        ...(removeCredentials === undefined ? {} : { removeCredentials }),
      };
      if (Object.keys(patch).length === 0)
        throw new Failure("invalid_argument", "Nothing to change was named: --help lists what can be.");
      const identity = await identities.update(context.project, id, patch, { name: context.actor });
      if (json === true) return context.json(identity);
      context.print(
        `${context.style.green("✓")} ${identity.name} is changed; its status is ${identity.status}`,
      );
    });
}
