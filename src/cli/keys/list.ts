import type { Command } from "commander";
import type { CliContext } from "../context.ts";
import { ago } from "../format.ts";
import { table } from "../table.ts";

export function registerList(group: Command, context: CliContext): void {
  group
    .command("list")
    .description("list the project's API keys, by their ids; a key itself is kept nowhere")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExample:\n  $ npx latchkey keys list --project acme")
    .action(async ({ json }: { json?: boolean }) => {
      const { apiKeys } = await context.parts.store();
      const keys = await apiKeys.list(context.project);
      if (json === true) return context.json(keys);
      if (keys.length === 0)
        return context.print("There are no API keys. `latchkey keys add --help` shows how to make one.");
      const { isTTY } = context.stdout;
      const time = (date: Date | null, never: string) => {
        if (date === null) return never;
        return isTTY ? ago(date) : date.toISOString();
      };
      const rows = keys.map(({ id, name, scope, createdAt, lastUsedAt, expiresAt }) => [
        id,
        name,
        scope,
        time(createdAt, ""),
        time(lastUsedAt, "never"),
        expiry(expiresAt),
      ]);
      context.print(
        table(
          context,
          [
            { head: "ID" },
            { head: "NAME", least: 8 },
            { head: "SCOPE" },
            { head: "CREATED" },
            { head: "LAST USED" },
            { head: "EXPIRES" },
          ],
          rows,
        ),
      );
    });
}

function expiry(expiresAt: Date | null): string {
  if (expiresAt === null) return "never";
  const date = expiresAt.toISOString().slice(0, 10);
  return expiresAt.getTime() <= Date.now() ? `expired ${date}` : date;
}
