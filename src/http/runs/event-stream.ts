import type { Database } from "../../database/open.ts";
import type { RunEvent } from "../../events.ts";
import type { StoredRunEvent } from "../../job/record/run-events.ts";
import type { RunStore } from "../../job/record/runs.ts";
import { watchRun } from "../../job/record/watch-run.ts";
import { heartbeat, withHeartbeats } from "../event-answer.ts";

/**
 * A run's events in the format of server-sent events, until its outcome was told or `signal` is aborted. `id` is the
 * event's number within the run, to go on from.
 */
export async function* eventStream(
  { database, runs }: { database: Database; runs: Pick<RunStore, "get"> },
  { project, runId, after, signal }: { project: string; runId: string; after: string; signal: AbortSignal },
): AsyncGenerator<string> {
  let isTold = false;
  for await (const stored of withHeartbeats(watchRun(database, runId, { after, signal }), signal)) {
    if (stored === heartbeat) yield heartbeat;
    else {
      isTold = stored.event.type === "outcome";
      yield eventText(stored);
    }
  }
  if (isTold || signal.aborted) return;
  // A worker died between recording the outcome and telling it.
  const { outcome } = await runs.get(project, runId);
  if (outcome !== null) yield `event: outcome\ndata: ${JSON.stringify({ type: "outcome", outcome })}\n\n`;
}

function eventText({ seq, at, event }: StoredRunEvent): string {
  return `id: ${seq}\nevent: ${event.type}\ndata: ${JSON.stringify({ at: at.toISOString(), ...shown(event) })}\n\n`;
}

/** The names of workers are nobody's outside. */
function shown(event: RunEvent): object {
  return event.type === "started" ? { type: event.type, attempt: event.attempt } : event;
}
