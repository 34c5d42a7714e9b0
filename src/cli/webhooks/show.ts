import { getDelivery } from "../../job/webhooks/deliveries.ts";
import type { CliContext } from "../context.ts";
import { findId } from "../find-id.ts";
import { ago, duration } from "../format.ts";
import { fields } from "../table.ts";
import { statusCell } from "./view.ts";

export async function showWebhook(context: CliContext, given: string, json: boolean): Promise<void> {
  const { database } = await context.parts.store();
  const id = await findId(context, "webhook_deliveries", given);
  const delivery = await getDelivery(database.kysely, context.project, id);
  if (json) return context.json(delivery);
  const { text, style } = statusCell(context, delivery);
  context.print(
    fields(context, [
      ["Delivery", delivery.id],
      ["Run", delivery.runId],
      ["Type", delivery.type],
      ["URL", delivery.url],
      ["Status", style(text)],
      ["Created", `${delivery.createdAt} (${ago(new Date(delivery.createdAt))})`],
    ]),
  );
  for (const { at, durationMs, statusCode, error } of delivery.log) {
    const mark = error === null ? context.style.green("✓") : context.style.red("✗");
    const answer = error ?? String(statusCode ?? "");
    context.print(`  ${mark} ${context.style.dim(at)} ${duration(durationMs).padStart(8)}  ${answer}`);
  }
  context.print();
  context.print(JSON.stringify(delivery.body, null, 2));
}
