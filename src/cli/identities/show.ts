import type { Command } from "commander";
import type { AuditEntry } from "../../identity/audit.ts";
import { canReauthenticate } from "../../identity/credentials/can-reauthenticate.ts";
import type { CliContext } from "../context.ts";
import { fields, table } from "../table.ts";
import { identityFields } from "./view.ts";

export function registerShow(group: Command, context: CliContext): void {
  group
    .command("show")
    .description("show an identity, without its secrets")
    .argument("<identity>", "id or name")
    .option("--audit", "who read or changed it, newest first")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExample:\n  $ npx latchkey identities show me --audit")
    .action(async (name: string, { audit, json }: { audit?: boolean; json?: boolean }) => {
      const { identities } = await context.parts.store();
      const identity = await identities.get(context.project, name);
      const entries = audit === true ? await identities.audit(context.project, identity.id) : undefined;
      if (json === true)
        return context.json({
          ...identity,
          canReauthenticate: canReauthenticate(identity),
          ...(entries === undefined ? {} : { audit: entries }),
        });
      context.print(fields(context, identityFields(context, identity)));
      if (entries !== undefined) context.print(`\n${draw(context, entries)}`);
    });
}

function draw(context: CliContext, entries: AuditEntry[]): string {
  return table(
    context,
    [{ head: "WHEN" }, { head: "WHO", least: 10 }, { head: "WHAT" }, { head: "RUN", least: 8 }],
    entries.map(({ at, actor, action, runId }) => [at.toISOString(), actor, action, runId ?? ""]),
  );
}
