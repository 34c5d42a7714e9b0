import type { RunEvent } from "../events.ts";
import { LatchkeyError } from "./errors.ts";
import { readEventStream } from "./event-stream.ts";
import { type Http, sleep } from "./http.ts";
import type { WatchedEvent } from "./types.ts";

/** Pause before a broken stream is taken up again, in milliseconds. */
const pauseMs = 1_000;

export interface WatchOptions {
  /** Only what came after the event of this id. */
  after?: string;
  signal?: AbortSignal;
}

/**
 * A run's events from its first to its outcome, each once: a stream that breaks is taken up where it broke.
 * @throws LatchkeyError, or the signal's reason
 */
export async function* watchRun(
  http: Http,
  runId: string,
  { after, signal }: WatchOptions,
): AsyncGenerator<WatchedEvent> {
  let last = after;
  for (;;) {
    const { body } = await http.send(`v1/runs/${encodeURIComponent(runId)}/events`, {
      headers: { accept: "text/event-stream", ...(last === undefined ? {} : { "last-event-id": last }) },
      signal,
    });
    if (body === null) return;
    try {
      for await (const { id, data } of readEventStream(body)) {
        const event = JSON.parse(data) as RunEvent;
        last = id;
        yield { ...event, id };
        if (event.type === "outcome") return;
      }
    } catch (error) {
      signal?.throwIfAborted();
      // What `fetch` throws where the connection breaks; anything else is the caller's own, thrown into the loop.
      if (!(error instanceof TypeError) && !(error instanceof LatchkeyError)) throw error;
    }
    await sleep(pauseMs, signal);
  }
}
