import type { Command } from "commander";
import { canReauthenticate } from "../../identity/credentials/can-reauthenticate.ts";
import type { HealthEntry } from "../../identity/health.ts";
import type { Identity } from "../../identity/types.ts";
import type { CliContext } from "../context.ts";
import { ago } from "../format.ts";
import { fields, table } from "../table.ts";
import { listAll } from "./list-all.ts";
import { healthCell, identityFields } from "./view.ts";

export function registerHealth(group: Command, context: CliContext): void {
  group
    .command("health")
    .description("show which identities are signed in, and which need attention; or the history of one")
    .argument("[identity]", "id or name")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExample:\n  $ npx latchkey identities health me")
    .action(async (name: string | undefined, { json = false }: { json?: boolean }) => {
      const { identities } = await context.parts.store();
      if (name !== undefined) {
        const identity = await identities.get(context.project, name);
        return showOne(context, identity, await identities.healthHistory(context.project, identity.id), json);
      }
      const found = await listAll(identities, context.project, {});
      if (json) return context.json(found.map(summary));
      if (found.length === 0) return context.print("There are no identities.");
      context.print(
        table(
          context,
          [{ head: "NAME", least: 8 }, { head: "HEALTH" }, { head: "SEEN" }, { head: "WHY", least: 20 }],
          found.map(({ name: shown, health }) => [
            shown,
            healthCell(context, health),
            seen(context, health.seenAt),
            health.note === null ? health.reason : `${health.reason} (${health.note})`,
          ]),
        ),
      );
    });
}

function showOne(context: CliContext, identity: Identity, history: HealthEntry[], json: boolean): void {
  if (json) return context.json({ ...summary(identity), history });
  const shown = new Set(["Name", "Status", "Health", "Unattended login", "Saved state"]);
  const rows = identityFields(context, identity).filter(([label]) => shown.has(label));
  const { lapsesAt, note, noteAt } = identity.health;
  if (lapsesAt !== null) rows.push(["Ends at the latest", lapsesAt.toISOString()]);
  if (note !== null)
    rows.push(["Last look", `could not tell: ${note}${noteAt === null ? "" : ` (${ago(noteAt)})`}`]);
  context.print(fields(context, rows));
  if (history.length === 0) return;
  context.print();
  context.print(
    table(
      context,
      [
        { head: "SINCE" },
        { head: "LAST SEEN" },
        { head: "HEALTH" },
        { head: "RUN" },
        { head: "WHY", least: 20 },
      ],
      history.map(({ at, seenAt, state, runId, reason }) => [
        seen(context, at),
        seen(context, seenAt),
        healthCell(context, { state }),
        runId === null ? "" : context.stdout.isTTY ? runId.slice(0, 8) : runId,
        reason,
      ]),
    ),
  );
}

function summary(identity: Identity) {
  const { id, name, health } = identity;
  return { id, name, health, canReauthenticate: canReauthenticate(identity) };
}

function seen({ stdout }: CliContext, at: Date | null): string {
  if (at === null) return "never";
  return stdout.isTTY ? ago(at) : at.toISOString();
}
