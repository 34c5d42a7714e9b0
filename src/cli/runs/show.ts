import type { Run } from "../../job/record/runs.ts";
import type { CliContext } from "../context.ts";
import { ago, duration } from "../format.ts";
import { printOutcome } from "../outcome.ts";
import { fields } from "../table.ts";
import { identityNames } from "./identity-names.ts";
import { statusCell, took } from "./view.ts";

/** A run with its stages, outcome and files. */
export async function showRun(context: CliContext, run: Run, json: boolean): Promise<void> {
  if (json) return context.json(run);
  const { database } = await context.parts.store();
  const names = await identityNames(database.kysely, [run]);
  const { text, style } = statusCell(context, run);
  const rows: [string, string][] = [
    ["Run", run.id],
    ["Flow", run.flow],
    ["Identity", `${names.get(run.identityId) ?? "(removed)"}  ${context.style.dim(run.identityId)}`],
    ["Status", style(text)],
    ["Attempts", `${run.attempts} of ${run.maxAttempts}`],
    ["Created", `${run.createdAt.toISOString()} (${ago(run.createdAt)})`],
    ["Took", took(run) || "not started"],
    ["Worker", run.worker ?? "none"],
  ];
  if (run.cancelRequestedAt !== null) rows.push(["Cancelled", run.cancelRequestedAt.toISOString()]);
  if (run.scheduleId !== null) rows.push(["Schedule", run.scheduleId]);
  if (run.input !== null) rows.push(["Input", JSON.stringify(run.input)]);
  context.print(fields(context, rows));
  for (const { name, durationMs, detail } of run.stages) {
    context.print(
      `  ${name.padEnd(9)} ${duration(durationMs).padStart(8)}  ${context.style.dim(detail ?? "")}`.trimEnd(),
    );
  }
  if (run.outcome === null) return;
  context.print();
  printOutcome(context, { runId: run.id, outcome: run.outcome, artifacts: run.artifacts });
}
