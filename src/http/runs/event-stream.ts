import type { Database } from "../../database/open.ts";
import type { RunEvent } from "../../events.ts";
import type { StoredRunEvent } from "../../job/record/run-events.ts";
import type { RunStore } from "../../job/record/runs.ts";
import { watchRun } from "../../job/record/watch-run.ts";

/** Proxies drop connections that say nothing; most wait a minute, some half of it. */
const heartbeatMs = 15_000;
/** What a client should wait before it connects again, in milliseconds. */
export const reconnectMs = 1_000;

/**
 * A run's events in the format of server-sent events, until its outcome was told or `signal` is aborted. `id` is the
 * event's number within the run, to go on from.
 */
export async function* eventStream(
  { database, runs }: { database: Database; runs: Pick<RunStore, "get"> },
  { project, runId, after, signal }: { project: string; runId: string; after: string; signal: AbortSignal },
): AsyncGenerator<string> {
  yield `retry: ${reconnectMs}\n\n`;
  let isTold = false;
  for await (const stored of withHeartbeats(watchRun(database, runId, { after, signal }), signal)) {
    if (stored === "heartbeat") yield ": still here\n\n";
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

/** Says something now and then where there is nothing to tell. */
export async function* withHeartbeats<T>(
  source: AsyncGenerator<T>,
  signal: AbortSignal,
): AsyncGenerator<T | "heartbeat"> {
  const beat = Symbol("beat");
  try {
    for (let next = source.next(); ; ) {
      let timer: NodeJS.Timeout | undefined;
      const silence = new Promise<typeof beat>((resolve) => {
        timer = setTimeout(() => resolve(beat), heartbeatMs);
      });
      const result = await Promise.race([next, silence]);
      clearTimeout(timer);
      if (result === beat) {
        if (signal.aborted) return;
        yield "heartbeat";
      } else {
        if (result.done === true) return;
        yield result.value;
        next = source.next();
      }
    }
  } finally {
    await source.return(undefined);
  }
}
