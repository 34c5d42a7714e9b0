import type { Command } from "commander";
import { cancelBatch } from "../job/batch/cancel-batch.ts";
import { mostRuns, submitBatch } from "../job/batch/submit-batch.ts";
import { createSubmitter } from "../job/submitter.ts";
import { followBatch } from "./batches/follow.ts";
import { readRuns } from "./batches/read-runs.ts";
import { printBatch, progressText } from "./batches/view.ts";
import type { CliContext } from "./context.ts";
import { findId } from "./find-id.ts";
import { ago } from "./format.ts";
import { parseCount } from "./parse.ts";
import { table } from "./table.ts";

interface Json {
  json?: boolean;
}

export function registerBatches(program: Command, context: CliContext): void {
  const group = program
    .command("batches")
    .description("many runs as one: submit, follow, cancel")
    .addHelpText("after", "\nExample:\n  $ npx latchkey batches submit runs.jsonl --watch");
  group
    .command("submit")
    .description(`queue up to ${mostRuns.toLocaleString("en")} runs, all or none`)
    .argument("<file>", "JSON Lines, one job a line; - is standard input")
    .option("--name <text>", "a name for people")
    .option("--watch", "follow the batch to its end; Ctrl-C ends the watching, not the runs")
    .option("--json", "print JSON: the batch and its runs' ids or, with --watch, what it came to")
    .addHelpText(
      "after",
      `
Example:
  $ npx latchkey batches submit runs.jsonl --watch
A line of the file, with the fields of a job (docs/jobs.md) and, if wanted,
attempts, delayMs and priority:
  {"flow":"web/capture","identityId":"me","input":{"fullPage":true}}
With --watch, the exit code is 0 if all runs succeeded.`,
    )
    .action(async (file: string, options: Json & { name?: string; watch?: boolean }) => {
      const { name, watch = false, json = false } = options;
      const { parts, config, project, style, stdin } = context;
      const runs = await readRuns(file, { project, attempts: config.attempts, stdin });
      const store = await parts.store();
      const { queue } = await parts.queueing();
      const { webhookAllow } = config;
      const deps = {
        ...store,
        db: store.database.kysely,
        catalogue: await parts.catalogue(),
        queue,
        webhookAllow,
        config,
      };
      const { batch, runIds } = await submitBatch(
        { ...deps, submitter: createSubmitter(deps) },
        { project, runs, ...(name === undefined ? {} : { name }) },
      );
      if (watch) return followBatch(context, batch.id, json);
      if (json) return context.json({ batch, runIds });
      context.print(`${style.green("✓")} queued ${runIds.length.toLocaleString("en")} runs as ${batch.id}`);
      context.print(style.dim(`  latchkey batches show ${batch.id} --watch`));
    });
  group
    .command("list")
    .description("list batches, newest first")
    .option("--limit <n>", "how many", parseCount(200), 20)
    .option("--json", "print JSON")
    .addHelpText("after", "\nExample:\n  $ npx latchkey batches list")
    .action(async ({ limit, json }: Json & { limit: number }) => {
      const { batches } = await context.parts.store();
      const found = await batches.list({ project: context.project, limit });
      if (json === true) return context.json(found);
      if (found.length === 0)
        return context.print("There are no batches. `latchkey batches submit` makes one.");
      const { isTTY } = context.stdout;
      const rows = found.map((batch) => [
        isTTY ? batch.id.slice(0, 8) : batch.id,
        batch.name ?? "",
        progressText(batch),
        isTTY ? ago(batch.createdAt) : batch.createdAt.toISOString(),
      ]);
      const columns = [
        { head: "BATCH" },
        { head: "NAME", least: 8 },
        { head: "RUNS", least: 20 },
        { head: "CREATED" },
      ];
      context.print(table(context, columns, rows));
    });
  group
    .command("show")
    .description("what a batch has come to")
    .argument("<id>", "its id or the beginning of it")
    .option("--watch", "follow it to its end")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExample:\n  $ npx latchkey batches show 5b1c09fe --watch")
    .action(async (given: string, { watch, json }: Json & { watch?: boolean }) => {
      const id = await findId(context, "batches", given);
      if (watch === true) return followBatch(context, id, json === true);
      const { batches } = await context.parts.store();
      const batch = await batches.get(context.project, id);
      if (json === true) return context.json(batch);
      printBatch(context, batch);
    });
  group
    .command("cancel")
    .description("cancel the runs of a batch that have not ended")
    .argument("<id>", "its id or the beginning of it")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExample:\n  $ npx latchkey batches cancel 5b1c09fe")
    .action(async (given: string, { json }: Json) => {
      const id = await findId(context, "batches", given);
      const store = await context.parts.store();
      const { queue } = await context.parts.queueing();
      const batch = await cancelBatch({ ...store, queue }, { project: context.project, id });
      if (json === true) return context.json(batch);
      printBatch(context, batch);
    });
}
