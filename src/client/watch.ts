import type { RunEvent } from "../events.ts";
import { readEventStream, type StreamMessage } from "./event-stream.ts";
import { type Http, sleep } from "./http.ts";
import type { BatchEvent, WatchedEvent } from "./types.ts";

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
  options: WatchOptions,
): AsyncGenerator<WatchedEvent> {
  for await (const { id, data } of followStream(
    http,
    `v1/runs/${encodeURIComponent(runId)}/events`,
    options,
  )) {
    const event = JSON.parse(data) as RunEvent & { at: string };
    yield { ...event, id };
    if (event.type === "outcome") return;
  }
}

/** A batch's events until all of its runs have ended. @throws LatchkeyError, or the signal's reason */
export async function* watchBatch(
  http: Http,
  batchId: string,
  options: Omit<WatchOptions, "after">,
): AsyncGenerator<BatchEvent> {
  for await (const { data } of followStream(
    http,
    `v1/batches/${encodeURIComponent(batchId)}/events`,
    options,
  )) {
    const event = JSON.parse(data) as BatchEvent;
    yield event;
    if (event.type === "ended") return;
  }
}

/** The messages of a stream that is connected again when it breaks, until it answers that there is nothing left. */
async function* followStream(
  http: Http,
  path: string,
  { after, signal }: WatchOptions,
): AsyncGenerator<StreamMessage> {
  let last = after ?? "";
  for (;;) {
    const { body, status } = await http.send(path, {
      headers: { accept: "text/event-stream", ...(last === "" ? {} : { "last-event-id": last }) },
      signal,
    });
    if (body === null || status === 204) return;
    const messages = readEventStream(body);
    for (;;) {
      const next = await nextOf(messages, signal);
      if (next === undefined) break;
      if (next.id !== "") last = next.id;
      yield next;
    }
    await sleep(pauseMs, signal);
  }
}

/** The next message; undefined where the stream has ended or the connection broke. */
async function nextOf(
  messages: AsyncGenerator<StreamMessage>,
  signal: AbortSignal | undefined,
): Promise<StreamMessage | undefined> {
  try {
    const { value, done } = await messages.next();
    return done === true ? undefined : value;
  } catch (error) {
    signal?.throwIfAborted();
    // `fetch` throws a TypeError where the connection breaks.
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
