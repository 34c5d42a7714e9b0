import type { Command } from "commander";
import type { CliContext } from "../context.ts";
import { table } from "../table.ts";
import { rulesetText } from "./view.ts";

export function registerList(group: Command, context: CliContext): void {
  group
    .command("list")
    .description("list applications")
    .option("--search <text>", "with this in their name or URL, whatever its case")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExample:\n  $ npx latchkey applications list --search shop")
    .action(async ({ search, json = false }: { search?: string; json?: boolean }) => {
      const { applications } = await context.parts.store();
      const found = await applications.overview(context.project, search === undefined ? {} : { search });
      if (json) return context.json(found);
      if (found.length === 0)
        return context.print(
          search === undefined
            ? "There are no applications. `latchkey applications add --help` shows how to name one."
            : "There are no such applications.",
        );
      context.print(
        table(
          context,
          [
            { head: "NAME", least: 8 },
            { head: "SITE", least: 12 },
            { head: "IDENTITIES" },
            { head: "FACTORS", least: 12 },
          ],
          found.map((application) => [
            application.name,
            application.url ?? "none yet",
            application.identityCount.toLocaleString("en"),
            rulesetText(application),
          ]),
        ),
      );
    });
}
