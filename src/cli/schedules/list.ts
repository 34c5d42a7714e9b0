import type { Command } from "commander";
import type { CliContext } from "../context.ts";
import { identityNames } from "../runs/identity-names.ts";
import { table } from "../table.ts";
import { lastCell, nextCell, whenText } from "./view.ts";

export function registerList(group: Command, context: CliContext): void {
  group
    .command("list")
    .description("list schedules, with their next time and what the last came to")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExample:\n  $ npx latchkey schedules list")
    .action(async ({ json }: { json?: boolean }) => {
      const { database, schedules } = await context.parts.store();
      const found = await schedules.list(context.project);
      if (json === true) return context.json(found);
      if (found.length === 0)
        return context.print(
          "There are no schedules. `latchkey schedules add --help` shows how to make one.",
        );
      const names = await identityNames(
        database.kysely,
        found.map(({ identityId }) => ({ identityId: identityId ?? "" })),
      );
      const rows = found.map((schedule) => [
        schedule.name,
        schedule.kind === "health" ? "health check" : schedule.flow,
        schedule.identityId === null ? "" : (names.get(schedule.identityId) ?? "(removed)"),
        whenText(schedule),
        nextCell(context, schedule),
        lastCell(context, schedule),
      ]);
      context.print(
        table(
          context,
          [
            { head: "NAME", least: 8 },
            { head: "FLOW", least: 12 },
            { head: "IDENTITY", least: 8 },
            { head: "WHEN", least: 12 },
            { head: "NEXT" },
            { head: "LAST", least: 12 },
          ],
          rows,
        ),
      );
    });
}
