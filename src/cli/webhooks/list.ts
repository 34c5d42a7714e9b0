import { listDeliveries } from "../../job/webhooks/deliveries.ts";
import type { CliContext } from "../context.ts";
import { findId } from "../find-id.ts";
import { ago } from "../format.ts";
import { type Column, table } from "../table.ts";
import { answerOf, statusCell } from "./view.ts";

export interface ListOptions {
  failed?: boolean;
  run?: string;
  limit: number;
  json?: boolean;
}

const columns: Column[] = [
  { head: "DELIVERY" },
  { head: "RUN" },
  { head: "TYPE", least: 10 },
  { head: "STATUS" },
  { head: "TRIED" },
  { head: "CREATED" },
  { head: "URL", least: 12 },
  { head: "ANSWER", least: 8 },
];

export async function listWebhooks(
  context: CliContext,
  { failed = false, run, limit, json = false }: ListOptions,
): Promise<void> {
  const { database } = await context.parts.store();
  const deliveries = await listDeliveries(database.kysely, {
    project: context.project,
    limit,
    ...(run === undefined ? {} : { runId: await findId(context, "runs", run) }),
    ...(failed ? { status: "failed" } : {}),
  });
  if (json) return context.json(deliveries);
  if (deliveries.length === 0) {
    const all = !failed && run === undefined;
    return context.print(
      all
        ? "Nothing was reported. `latchkey submit --webhook URL` asks for a report."
        : "There are no such deliveries.",
    );
  }
  const isTerminal = context.stdout.isTTY;
  const idOf = (id: string) => (isTerminal ? id.slice(0, 8) : id);
  const rows = deliveries.map((delivery) => [
    idOf(delivery.id),
    idOf(delivery.runId),
    delivery.type,
    statusCell(context, delivery),
    String(delivery.attempts),
    isTerminal ? ago(new Date(delivery.createdAt)) : delivery.createdAt,
    delivery.url,
    answerOf(delivery.lastAttempt),
  ]);
  context.print(table(context, columns, rows));
}
