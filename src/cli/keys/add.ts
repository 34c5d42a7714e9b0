import { type Command, InvalidArgumentError, Option } from "commander";
import { type Scope, scopes } from "../../http/api-keys/scopes.ts";
import { ensureProject } from "../../identity/projects.ts";
import type { CliContext } from "../context.ts";

interface AddOptions {
  scope: Scope;
  name?: string;
  expires?: Date;
  newProject?: boolean;
  json?: boolean;
}

export function registerAdd(group: Command, context: CliContext): void {
  group
    .command("add")
    .description("make an API key of a project; it is shown this once")
    .addOption(new Option("--scope <scope>", "what it may do").choices(scopes).makeOptionMandatory())
    .option("--name <name>", "what you call it: who or what uses it")
    .option("--expires <when>", "in so many days, as 90d, or at a date, as 2027-01-31", parseExpiry)
    .option("--new-project", "make the project too, if there is none of that name")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Scopes: read looks at runs and flows; submit also submits and cancels runs and
hands in codes; admin may do everything, but for reading stored credentials over
HTTP where LATCHKEY_CREDENTIALS_ROUTE keeps that to the scope credentials. A key
sees its own project only.

The key alone goes to standard output; its hash is all that is kept.
  $ npx latchkey keys add --scope submit --name backend
  $ KEY=$(npx latchkey keys add --scope read --expires 90d)
  $ npx latchkey keys add --project acme --new-project --scope admin`,
    )
    .action(async ({ scope, name, expires, newProject, json }: AddOptions) => {
      const { project, stderr, errorStyle } = context;
      const { database, apiKeys } = await context.parts.store();
      if (newProject === true) await ensureProject(database, project);
      const { apiKey, key } = await apiKeys.add(
        project,
        {
          scope,
          ...(name === undefined ? {} : { name }),
          ...(expires === undefined ? {} : { expiresAt: expires }),
        },
        { name: context.actor },
      );
      if (json === true) return context.json({ ...apiKey, key: key.reveal() });
      stderr.write(`${errorStyle.green("✓")} a key of scope ${scope} for the project ${project}\n`);
      stderr.write(`${errorStyle.dim("  Keep it now: it is not shown again.")}\n`);
      context.print(key.reveal());
    });
}

const dayMs = 24 * 3_600_000;

function parseExpiry(text: string): Date {
  const days = /^(?<days>\d{1,5})d$/.exec(text)?.groups?.["days"];
  const at =
    days === undefined
      ? new Date(isDate(text) ? text : Number.NaN)
      : new Date(Date.now() + Number(days) * dayMs);
  if (Number.isNaN(at.getTime()))
    throw new InvalidArgumentError("It is neither days, as 90d, nor a date, as 2027-01-31.");
  return at;
}

const isDate = (text: string) => /^\d{4}-\d{2}-\d{2}(?:T[\d:.]+(?:Z|[+-]\d{2}:\d{2}))?$/.test(text);
