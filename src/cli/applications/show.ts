import type { Command } from "commander";
import { Failure } from "../../failure.ts";
import { idsOf } from "../../http/prefactor/ids.ts";
import { rulesetOf, schemaDocumentOf } from "../../identity/applications/schema-of.ts";
import type { CliContext } from "../context.ts";
import { fields } from "../table.ts";
import { applicationFields } from "./view.ts";

export function registerShow(group: Command, context: CliContext): void {
  group
    .command("show")
    .description("show an application, with what the other APIs know it by")
    .argument("<application>", "id or name")
    .option("--schema", "print the JSON schema of its identities' traits, and nothing else")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExample:\n  $ npx latchkey applications show shop")
    .action(async (name: string, { schema = false, json = false }: { schema?: boolean; json?: boolean }) => {
      const { applications } = await context.parts.store();
      const { id } = await applications.get(context.project, name);
      const [application] = await applications.overview(context.project, { id });
      if (application === undefined)
        throw new Failure("not_found", `Project "${context.project}" has no application "${name}".`);
      if (schema) return context.json(schemaDocumentOf(application));
      const pfid = idsOf(context.project).of(application.id);
      if (json)
        return context.json({
          ...application,
          schemaId: application.name,
          pfid,
          factors: rulesetOf(application),
        });
      context.print(fields(context, applicationFields(application, pfid)));
    });
}
