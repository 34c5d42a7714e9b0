import type { Database } from "../database/open.ts";
import { readRunEvents, runChannel, type StoredRunEvent } from "./run-events.ts";

/** How long a notification may stay away before the events are looked up all the same. */
const pollMs = 2_000;

/**
 * A run's events as they come, from the first — or after `after` — until its outcome or until `signal` is aborted.
 */
export async function* watchRun(
  database: Database,
  runId: string,
  { after = "0", signal }: { after?: string; signal: AbortSignal },
): AsyncGenerator<StoredRunEvent> {
  let wake = Promise.withResolvers<void>();
  // Listening begins before the first look, so that nothing falls between.
  await using _listening = await database.listen(runChannel, (payload) => {
    if (payload === runId) wake.resolve();
  });
  signal.addEventListener("abort", () => wake.resolve(), { once: true });

  let last = after;
  while (!signal.aborted) {
    const woken = wake.promise;
    const timer = setTimeout(() => wake.resolve(), pollMs);
    for (const event of await readRunEvents(database.kysely, runId, last)) {
      last = event.seq;
      yield event;
      if (event.event.type === "outcome") return clearTimeout(timer);
    }
    await woken;
    clearTimeout(timer);
    wake = Promise.withResolvers<void>();
  }
}
