import { Readable } from "node:stream";

/** Proxies drop connections that say nothing; most wait a minute, some half of it. */
const heartbeatMs = 15_000;
/** What a client should wait before it connects again, in milliseconds. */
const reconnectMs = 1_000;
/** What is said where there is nothing to tell. */
export const heartbeat = ": still here\n\n";

/** An answer of server-sent events (HTML Living Standard §9.2), from their texts. */
export function eventAnswer(events: AsyncIterable<string>) {
  return {
    status: 200 as const,
    headers: {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-cache, no-transform",
      // Nginx would hold events back until it has a buffer full of them.
      "x-accel-buffering": "no",
      // A connection that stays open after its stream would hold up a server that stops.
      connection: "close",
    },
    // One event ahead, so that a client that reads slowly holds back the reading of the database.
    body: Readable.from(withRetry(events), { objectMode: false, highWaterMark: 1 }),
  };
}

async function* withRetry(events: AsyncIterable<string>): AsyncGenerator<string> {
  yield `retry: ${reconnectMs}\n\n`;
  yield* events;
}

/** Says something now and then where there is nothing to tell: a comment, which readers pass over. */
export async function* withHeartbeats<T>(
  source: AsyncGenerator<T>,
  signal: AbortSignal,
): AsyncGenerator<T | typeof heartbeat> {
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
        yield heartbeat;
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
