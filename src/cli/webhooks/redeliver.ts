import { Failure } from "../../failure.ts";
import { type Redelivery, redeliver } from "../../job/webhooks/deliveries.ts";
import type { CliContext } from "../context.ts";
import { findId } from "../find-id.ts";
import { counted } from "../format.ts";

export interface RedeliverOptions {
  run?: string;
  failed?: boolean;
  json?: boolean;
}

export async function redeliverWebhooks(
  context: CliContext,
  id: string | undefined,
  options: RedeliverOptions,
): Promise<void> {
  const which = await whichOf(context, id, options);
  const { database } = await context.parts.store();
  const ids = await redeliver(database.kysely, which);
  if (options.json === true) return context.json({ redelivered: ids });
  const { style } = context;
  if (ids.length === 0) return context.print("There are no such deliveries.");
  context.print(`${style.green("✓")} ${counted(ids.length, "delivery", "deliveries")} due now`);
  context.print(style.dim("  latchkey webhooks list"));
}

async function whichOf(
  context: CliContext,
  id: string | undefined,
  { run, failed = false }: RedeliverOptions,
): Promise<Redelivery> {
  const { project } = context;
  if ([id !== undefined, run !== undefined, failed].filter(Boolean).length !== 1)
    throw new Failure("invalid_argument", "Say which: one delivery's id, or --run, or --failed.");
  if (id !== undefined) return { project, id: await findId(context, "webhook_deliveries", id) };
  if (run !== undefined) return { project, runId: await findId(context, "runs", run) };
  return { project, failed: true };
}
