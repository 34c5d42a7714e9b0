import type { Command } from "commander";
import { fireByHand } from "../../job/schedule/fire-schedule.ts";
import { listFires } from "../../job/schedule/fires.ts";
import type { CliContext } from "../context.ts";
import { followRun } from "../follow-run.ts";

export function registerRun(group: Command, context: CliContext): void {
  group
    .command("run")
    .description("make a schedule's run now, paused or not; after the one that is still going, if one is")
    .argument("<schedule>", "name or id")
    .option("--watch", "follow the run to its outcome; Ctrl-C ends the watching, not the run")
    .option("--json", "print JSON: the run's id or, with --watch, its outcome")
    .addHelpText("after", "\nExample:\n  $ npx latchkey schedules run invoices --watch")
    .action(async (name: string, { watch = false, json = false }: { watch?: boolean; json?: boolean }) => {
      const { parts, config, project, style, log } = context;
      const { database, identities, runs, schedules } = await parts.store();
      const schedule = await schedules.get(project, name);
      const { queue } = await parts.queueing();
      const runId = await fireByHand(
        {
          db: database.kysely,
          database,
          catalogue: await parts.catalogue(),
          identities,
          runs,
          queue,
          log,
          webhookAllow: config.webhookAllow,
          attempts: config.attempts,
          missedAfterMs: 0,
        },
        schedule,
      );
      if (runId === null) {
        const [fire] = await listFires(database.kysely, schedule.id, 1);
        return json ? context.json(fire) : context.print(`${style.green("✓")} ${fire?.reason ?? ""}`);
      }
      if (watch) return followRun(context, runId, json);
      if (json) return context.json({ runId });
      context.print(`${style.green("✓")} queued as ${runId}`);
      context.print(style.dim(`  latchkey runs ${runId}`));
    });
}
