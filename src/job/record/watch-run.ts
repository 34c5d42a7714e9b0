import type { Database } from "../../database/open.ts";
import { readRunEvents, runChannel, type StoredRunEvent } from "./run-events.ts";

/** How long a notification may stay away before the run is looked at all the same, in milliseconds. */
const pollMs = 2_000;

/**
 * A run's events as they come, from the first — or after `after` — until it has ended or `signal` is aborted.
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
  let endedAt: number | undefined;
  while (!signal.aborted) {
    const { promise: woken } = wake;
    for (const event of await readRunEvents(database.kysely, runId, last)) {
      last = event.seq;
      yield event;
      if (event.event.type === "outcome") return;
    }
    // The outcome is recorded first and told a moment later; a worker that died in between tells no more.
    if (endedAt !== undefined && Date.now() - endedAt >= pollMs) return;
    if (endedAt === undefined && (await hasEnded(database, runId))) endedAt = Date.now();
    const timer = setTimeout(() => wake.resolve(), pollMs);
    await woken;
    clearTimeout(timer);
    wake = Promise.withResolvers();
  }
}

async function hasEnded({ kysely }: Database, runId: string): Promise<boolean> {
  const row = await kysely.selectFrom("runs").select("ended_at").where("id", "=", runId).executeTakeFirst();
  return row === undefined || row.ended_at !== null;
}
