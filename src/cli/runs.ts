import { type Command, Option } from "commander";
import { dim, green, red, yellow } from "yoctocolors";
import { cancelRun } from "../job/cancel.ts";
import type { Run } from "../job/runs.ts";
import type { CliContext } from "./context.ts";
import { printOutcome } from "./outcome.ts";
import { seconds } from "./progress.ts";
import { table } from "./table.ts";

const statuses = ["queued", "deferred", "running", "succeeded", "failed"] as const;

interface RunsOptions {
  identity?: string;
  flow?: string;
  status?: Run["status"];
  limit: string;
  json?: boolean;
}

export function registerRuns(program: Command, context: CliContext): void {
  program
    .command("runs")
    .description("list runs, newest first, or show one")
    .argument("[id]", "one run, with its stages, outcome and files")
    .option("--identity <id>", "of this identity, by id or name")
    .option("--flow <flow>", "of this flow")
    .addOption(new Option("--status <status>", "in this status").choices(statuses))
    .option("--limit <n>", "how many", "20")
    .option("--json", "print JSON")
    .action(async (id: string | undefined, options: RunsOptions) => {
      const { runs, identities } = await context.parts.store();
      if (id !== undefined)
        return showRun(context, await runs.get(context.project, id), options.json === true);
      const { identity, flow, status, limit, json } = options;
      const list = await runs.list({
        project: context.project,
        limit: Number(limit),
        ...(identity === undefined
          ? {}
          : { identityId: (await identities.get(context.project, identity)).id }),
        ...(flow === undefined ? {} : { flow }),
        ...(status === undefined ? {} : { status }),
      });
      if (json === true) return context.json(list);
      if (list.length === 0) return context.print("There are no such runs.");
      const rows = list.map((run) => [
        run.id,
        run.flow,
        statusText(run),
        run.createdAt.toISOString(),
        took(run),
      ]);
      context.print(table(["RUN", "FLOW", "STATUS", "CREATED", "TOOK"], rows));
    });

  program
    .command("cancel")
    .description("cancel a run: one that waits ends at once, one that is running is stopped")
    .argument("<id>", "the run")
    .option("--json", "print JSON")
    .action(async (id: string, { json }: { json?: boolean }) => {
      const { database, runs } = await context.parts.store();
      const { queue } = await context.parts.queueing();
      const run = await cancelRun({ database, runs, queue }, context.project, id);
      if (json === true) return context.json(run);
      context.print(
        run.endedAt === null
          ? `${green("✓")} the worker is told to stop ${run.id}`
          : `${run.id}: ${statusText(run)}`,
      );
    });
}

function showRun(context: CliContext, run: Run, json: boolean): void {
  if (json) return context.json(run);
  context.print(
    table(
      ["", ""],
      [
        ["Run", run.id],
        ["Flow", run.flow],
        ["Identity", run.identityId],
        ["Status", statusText(run)],
        ["Attempts", `${run.attempts} of ${run.maxAttempts}`],
        ["Created", run.createdAt.toISOString()],
        ["Took", took(run)],
        ["Worker", run.worker ?? "none"],
      ],
    ),
  );
  for (const { name, durationMs, detail } of run.stages) {
    context.print(`  ${name.padEnd(9)} ${seconds(durationMs).padStart(8)}  ${dim(detail ?? "")}`);
  }
  if (run.outcome !== null)
    printOutcome(context, { runId: run.id, outcome: run.outcome, artifacts: run.artifacts });
}

function statusText({ status, outcome }: Run): string {
  const text = outcome?.status === "failed" ? `failed (${outcome.code})` : status;
  return { queued: yellow, deferred: yellow, running: yellow, succeeded: green, failed: red }[status](text);
}

function took({ startedAt, endedAt }: Run): string {
  if (startedAt === null) return "";
  return seconds((endedAt ?? new Date()).getTime() - startedAt.getTime());
}
