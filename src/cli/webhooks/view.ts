import type { Delivery } from "../../job/webhooks/deliveries.ts";
import type { CliContext } from "../context.ts";
import { duration } from "../format.ts";

/** A delivery's status as a table's cell: while it is under way, when it goes on. */
export function statusCell({ style }: CliContext, { status, dueAt, attempts }: Delivery) {
  const colours = { pending: style.yellow, delivered: style.green, failed: style.red };
  return { text: dueAt === null ? status : pendingText(dueAt, attempts), style: colours[status] };
}

function pendingText(dueAt: string, attempts: number): string {
  const ms = Date.parse(dueAt) - Date.now();
  if (ms <= 0) return attempts === 0 ? "pending" : "again now";
  return `again in ${duration(ms)}`;
}

/** What an attempt came to: the status of the answer, or why there was none. */
export function answerOf(attempt: Delivery["lastAttempt"]): string {
  if (attempt === null) return "";
  return attempt.error ?? `${attempt.statusCode ?? ""}`;
}
