import type { Command } from "commander";
import type { Identity } from "../../identity/types.ts";
import type { CliContext } from "../context.ts";
import { ago } from "../format.ts";
import { type Json, parseObject } from "../parse.ts";
import { table } from "../table.ts";
import { listAll } from "./list-all.ts";
import { healthCell, statusCell } from "./view.ts";

interface ListOptions {
  application?: string;
  metadata?: Record<string, Json>;
  json?: boolean;
}

export function registerList(group: Command, context: CliContext): void {
  group
    .command("list")
    .description("list identities")
    .option("--application <id>", "of this application, by id or name")
    .option("--metadata <json>", "whose metadata contains this object", parseObject)
    .option("--json", "print JSON")
    .addHelpText("after", '\nExample:\n  $ npx latchkey identities list --metadata \'{"team":"billing"}\'')
    .action(async ({ application, metadata, json }: ListOptions) => {
      const { identities, applications } = await context.parts.store();
      const found = await listAll(identities, context.project, {
        ...(application === undefined
          ? {}
          : { applicationId: (await applications.get(context.project, application)).id }),
        ...(metadata === undefined ? {} : { metadata }),
      });
      if (json === true) return context.json(found);
      if (found.length > 0) return context.print(draw(context, found));
      context.print(
        application === undefined && metadata === undefined
          ? "There are no identities. `latchkey identities add --help` shows how to store one."
          : "There are no such identities.",
      );
    });
}

function draw(context: CliContext, identities: Identity[]): string {
  return table(
    context,
    [
      { head: "NAME", least: 8 },
      { head: "SITE", least: 12 },
      { head: "STATUS", least: 12 },
      { head: "HEALTH", least: 10 },
      { head: "SAVED STATE" },
      { head: "CREDENTIALS", least: 12 },
    ],
    identities.map((identity) => [
      identity.name,
      identity.sourceUrl ?? "",
      statusCell(context, identity),
      healthCell(context, identity.health),
      savedState(context, identity),
      identity.credentials.map(({ type }) => type.replace("username_", "")).join(", "),
    ]),
  );
}

function savedState({ stdout }: CliContext, { stateCapturedAt }: Identity): string {
  if (stateCapturedAt === null) return "none";
  return stdout.isTTY ? ago(stateCapturedAt) : stateCapturedAt.toISOString();
}
