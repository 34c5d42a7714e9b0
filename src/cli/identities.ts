import { type Command, InvalidArgumentError, Option } from "commander";
import { dim, green, red, yellow } from "yoctocolors";
import { Failure } from "../failure.ts";
import type { Identity, NewCredential } from "../identity/types.ts";
import { validateFlowName } from "../job/validate-flow.ts";
import { Secret } from "../secret.ts";
import type { CliContext } from "./context.ts";
import { identityFields } from "./identity-view.ts";
import { runHere } from "./run-here.ts";
import { readSecret, readSecretsFromStdin } from "./secrets.ts";
import { table } from "./table.ts";

interface CredentialOptions {
  username?: string;
  passwordEnv?: string;
  totp?: boolean;
  totpEnv?: string;
  credentialsStdin?: boolean;
}

interface IdentityOptions extends CredentialOptions {
  name?: string;
  url?: string;
  allow?: string[];
  sessions?: number;
  metadata?: Record<string, unknown>;
  proxy?: string;
  provider?: string;
  json?: boolean;
}

const credentialsHelp = `
Secrets are never arguments. They come from a prompt, from environment variables you name, or from standard input:
  $ npx latchkey identities add --name me --url https://app.example.com --username me --totp
  $ npx latchkey identities add --name me --url https://app.example.com --username me --password-env APP_PASSWORD
  $ echo '{"username":"me","password":"…","totp":"otpauth://…"}' | npx latchkey identities add --name me --url https://app.example.com --credentials-stdin
Any other key on standard input becomes a custom field.`;

export function registerIdentities(program: Command, context: CliContext): void {
  const group = program
    .command("identities")
    .description("who to be: add, list, show, validate, update, remove");

  withIdentityOptions(
    group.command("add").description("store an identity; its credentials are sealed at once"),
  )
    .requiredOption("--url <url>", "the page a signed-in user lands on; the login starts there")
    .addHelpText("after", credentialsHelp)
    .action(async ({ url = "", json, ...options }: IdentityOptions) => {
      const { identities } = await context.parts.store();
      const credentials = await readCredentials(context, options);
      const identity = await identities.create(
        context.project,
        { sourceUrl: url, ...fieldsOf(options), credentials },
        { name: context.actor },
      );
      if (json === true) return context.json(identity);
      context.print(`${green("✓")} ${identity.name} is stored (${identity.id}).`);
      context.print(dim(`  latchkey identities validate ${identity.name}   signs in, and saves the state`));
    });

  group
    .command("list")
    .description("list identities")
    .option("--application <id>", "of this application")
    .option("--metadata <json>", "whose metadata contains this object", parseObject)
    .option("--json", "print JSON")
    .action(
      async ({
        application,
        metadata,
        json,
      }: {
        application?: string;
        metadata?: Record<string, unknown>;
        json?: boolean;
      }) => {
        const { identities } = await context.parts.store();
        const page = await identities.list(context.project, {
          limit: 1_000,
          ...(application === undefined ? {} : { applicationId: application }),
          ...(metadata === undefined ? {} : { metadata }),
        });
        if (json === true) return context.json(page.items);
        if (page.items.length === 0)
          return context.print(
            "There are no identities. `latchkey identities add --help` shows how to store one.",
          );
        context.print(
          table(
            ["NAME", "SITE", "STATUS", "SAVED STATE", "CREDENTIALS"],
            page.items.map((identity) => [
              identity.name,
              identity.sourceUrl,
              statusText(identity),
              identity.stateCapturedAt?.toISOString() ?? "none",
              identity.credentials.map(({ type }) => type).join(", "),
            ]),
          ),
        );
      },
    );

  group
    .command("show")
    .description("show an identity, without its secrets")
    .argument("<identity>", "id or name")
    .option("--audit", "who read or changed it")
    .option("--json", "print JSON")
    .action(async (name: string, { audit, json }: { audit?: boolean; json?: boolean }) => {
      const { identities } = await context.parts.store();
      const identity = await identities.get(context.project, name);
      const entries = audit === true ? await identities.audit(context.project, identity.id) : undefined;
      if (json === true)
        return context.json({ ...identity, ...(entries === undefined ? {} : { audit: entries }) });
      context.print(table(["", ""], identityFields(identity)));
      if (entries === undefined) return;
      context.print(
        `\n${table(
          ["WHEN", "WHO", "WHAT", "RUN"],
          entries.map(({ at, actor, action, runId }) => [at.toISOString(), actor, action, runId ?? ""]),
        )}`,
      );
    });

  withIdentityOptions(
    group.command("update").description("change an identity; changed credentials must be validated again"),
  )
    .argument("<identity>", "id or name")
    .option("--url <url>", "the page a signed-in user lands on")
    .addHelpText("after", credentialsHelp)
    .action(async (name: string, { url, json, ...options }: IdentityOptions) => {
      const { identities } = await context.parts.store();
      const { id } = await identities.get(context.project, name);
      const credentials = await readCredentials(context, options);
      const patch = {
        ...fieldsOf(options),
        ...(url === undefined ? {} : { sourceUrl: url }),
        ...(credentials.length === 0 ? {} : { credentials }),
      };
      if (Object.keys(patch).length === 0)
        throw new Failure("invalid_argument", "Nothing to change was named.");
      const identity = await identities.update(context.project, id, patch, { name: context.actor });
      if (json === true) return context.json(identity);
      context.print(`${green("✓")} ${identity.name} is changed; its status is ${identity.status}.`);
    });

  group
    .command("validate")
    .description("sign in with the stored credentials, whatever the saved state, and save the new state")
    .argument("<identity>", "id or name")
    .option("--headed", "show the browser")
    .option("--json", "print JSON")
    .action(async (name: string, { headed, json }: { headed?: boolean; json?: boolean }) => {
      await runHere(
        context,
        { flow: validateFlowName, identityId: name },
        { headed: headed === true, json: json === true },
      );
    });

  group
    .command("rm")
    .description("remove an identity with its credentials and saved state; its audit stays")
    .argument("<identity>", "id or name")
    .action(async (name: string) => {
      const { identities } = await context.parts.store();
      const identity = await identities.get(context.project, name);
      await identities.remove(context.project, identity.id, { name: context.actor });
      context.print(`${green("✓")} ${identity.name} is removed.`);
    });
}

function withIdentityOptions(command: Command): Command {
  return command
    .option("--name <name>", "unique in the project; commands accept it in place of the id")
    .option("--username <username>", "the username; the password is then asked for")
    .option("--password-env <variable>", "environment variable that holds the password")
    .option("--totp", "ask for the authenticator's secret, or its otpauth:// URI, too")
    .option("--totp-env <variable>", "environment variable that holds the secret or otpauth:// URI")
    .option("--credentials-stdin", "read all credentials as one JSON object from standard input")
    .option("--allow <domain...>", "domains, beyond the site's own, that credentials may be typed on")
    .option("--sessions <n>", "sessions that may be open at once", parseCount)
    .option("--metadata <json>", "an object of your own", parseObject)
    .option("--proxy <url>", "http://host:port or socks5://host:port")
    .addOption(
      new Option("--provider <name>", "where its browser sessions come from").choices(["local", "cdp"]),
    )
    .option("--json", "print JSON");
}

function fieldsOf({ name, allow, sessions, metadata, proxy, provider }: IdentityOptions) {
  return {
    ...(name === undefined ? {} : { name }),
    ...(allow === undefined ? {} : { allowedDomains: allow }),
    ...(sessions === undefined ? {} : { maxSessions: sessions }),
    ...(metadata === undefined ? {} : { metadata: metadata as Record<string, never> }),
    ...(proxy === undefined ? {} : { proxyServer: proxy }),
    ...(provider === undefined ? {} : { provider }),
  };
}

async function readCredentials(context: CliContext, options: CredentialOptions): Promise<NewCredential[]> {
  if (options.credentialsStdin === true) {
    const { username, password, totp, ...custom } = await readSecretsFromStdin(context);
    if ((username === undefined) !== (password === undefined)) {
      throw new Failure("invalid_argument", "Standard input: a username and a password come together.");
    }
    return [
      ...(username === undefined || password === undefined
        ? []
        : [{ type: "username_password" as const, username, password }]),
      ...(totp === undefined ? [] : [{ type: "authenticator" as const, secret: totp }]),
      ...(Object.keys(custom).length === 0 ? [] : [{ type: "custom" as const, fields: custom }]),
    ];
  }
  const credentials: NewCredential[] = [];
  if (options.username !== undefined) {
    const password = await readSecret(context, { env: options.passwordEnv, prompt: "Password" });
    credentials.push({ type: "username_password", username: new Secret(options.username), password });
  } else if (options.passwordEnv !== undefined) {
    throw new Failure("invalid_argument", "--password-env needs --username.");
  }
  if (options.totp === true || options.totpEnv !== undefined) {
    credentials.push({
      type: "authenticator",
      secret: await readSecret(context, {
        env: options.totpEnv,
        prompt: "Authenticator secret or otpauth:// URI",
      }),
    });
  }
  return credentials;
}

function statusText({ status, statusReason }: Identity): string {
  const text = statusReason === null ? status : `${status} (${statusReason})`;
  return { validated: green, failed: red, pending: yellow }[status](text);
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw new InvalidArgumentError("It is not a JSON object.");
}

function parseCount(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError("It is not a whole number from 1.");
  return Number(text);
}
