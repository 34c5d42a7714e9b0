import type { Run } from "../../job/record/runs.ts";
import type { CliContext } from "../context.ts";
import { duration } from "../format.ts";

/** A run's status as a table's cell; a failed one's code says more than "failed". */
export function statusCell({ style }: CliContext, { status, outcome }: Run) {
  const colours = {
    queued: style.yellow,
    deferred: style.yellow,
    running: style.cyan,
    waiting_for_code: style.yellow,
    succeeded: style.green,
    failed: style.red,
  };
  return { text: outcome?.status === "failed" ? `✗ ${outcome.code}` : status, style: colours[status] };
}

/** From its start to its end, or to now; nothing for one that has not started. */
export function took({ startedAt, endedAt }: Run): string {
  if (startedAt === null) return "";
  return duration((endedAt ?? new Date()).getTime() - startedAt.getTime());
}
