import type { Run } from "../../job/record/runs.ts";
import type { CliContext } from "../context.ts";
import { ago } from "../format.ts";
import { type Column, table } from "../table.ts";
import { identityNames } from "./identity-names.ts";
import { statusCell, took } from "./view.ts";

export const statuses = ["queued", "deferred", "running", "waiting_for_code", "succeeded", "failed"] as const;

export interface ListOptions {
  identity?: string;
  flow?: string;
  status?: Run["status"];
  schedule?: string;
  limit: number;
}

const columns: Column[] = [
  { head: "RUN" },
  { head: "FLOW", least: 16 },
  { head: "IDENTITY", least: 8 },
  { head: "STATUS", least: 12 },
  { head: "CREATED" },
  { head: "TOOK" },
];

export async function listRuns(
  context: CliContext,
  { identity, flow, status, schedule, limit }: ListOptions,
  json: boolean,
): Promise<void> {
  const { database, runs, identities, schedules } = await context.parts.store();
  const found = await runs.list({
    project: context.project,
    limit,
    ...(identity === undefined ? {} : { identityId: (await identities.get(context.project, identity)).id }),
    ...(flow === undefined ? {} : { flow }),
    ...(status === undefined ? {} : { status }),
    ...(schedule === undefined ? {} : { scheduleId: (await schedules.get(context.project, schedule)).id }),
  });
  if (json) return context.json(found);
  if (found.length === 0) {
    const all = [identity, flow, status, schedule].every((filter) => filter === undefined);
    return context.print(
      all ? "There are no runs. `latchkey submit --help` shows how to make one." : "There are no such runs.",
    );
  }
  const names = await identityNames(database.kysely, found);
  const isTerminal = context.stdout.isTTY;
  const rows = found.map((run) => [
    isTerminal ? run.id.slice(0, 8) : run.id,
    run.flow,
    names.get(run.identityId) ?? "(removed)",
    statusCell(context, run),
    isTerminal ? ago(run.createdAt) : run.createdAt.toISOString(),
    took(run),
  ]);
  context.print(table(context, columns, rows));
}
