import { createParser, type EventSourceMessage } from "eventsource-parser";
import fc from "fast-check";
import { expect, test } from "vitest";
import { readEventStream, type StreamMessage } from "../../src/client/event-stream.ts";

/** A stream that delivers the bytes cut at these places. */
function cutAt(bytes: Uint8Array, cuts: readonly number[]): ReadableStream<Uint8Array> {
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  return new ReadableStream({
    start(controller) {
      let from = 0;
      for (const to of [...places, bytes.length]) {
        if (to > from) controller.enqueue(bytes.slice(from, to));
        from = to;
      }
      controller.close();
    },
  });
}

async function read(text: string, cuts: readonly number[] = []): Promise<StreamMessage[]> {
  const messages: StreamMessage[] = [];
  const bytes = new TextEncoder().encode(text);
  for await (const message of readEventStream(cutAt(bytes, cuts))) messages.push(message);
  return messages;
}

/** What a parser in wide use makes of it. */
function reference(text: string): EventSourceMessage[] {
  const messages: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (message) => messages.push(message) });
  parser.feed(text);
  return messages;
}

const field = fc.constantFrom("data", "event", "id", "retry", "", "other");
const word = fc.string({ unit: "grapheme", maxLength: 8 }).map((text) => text.replace(/[\r\n\0]/g, ""));
const line = fc.tuple(field, fc.constantFrom(":", ": ", ""), word).map((parts) => parts.join(""));
const stream = fc
  .array(fc.oneof(line, fc.constant("")), { maxLength: 20 })
  .chain((lines) =>
    fc.tuple(...lines.map((text) => fc.constantFrom("\n", "\r\n", "\r").map((end) => text + end))),
  )
  .map((lines) => lines.join(""));

test("any stream, cut anywhere, gives what another parser of the standard gives", async () => {
  await fc.assert(
    fc.asyncProperty(stream, fc.array(fc.nat(500), { maxLength: 6 }), async (text, cuts) => {
      // A CR at the very end: whether the line has ended is a matter of what may come.
      fc.pre(!text.endsWith("\r"));
      const got = await read(text, cuts);
      expect(got.map(({ event, data }) => ({ event, data }))).toEqual(
        reference(text).map(({ event = "message", data }) => ({ event, data })),
      );
    }),
    { numRuns: 300 },
  );
});

test("the last id given holds for the messages after it, and comments are no messages", async () => {
  expect(
    await read(": ping\n\nid: 7\nevent: stage\ndata: {}\n\n: ping\n\ndata: a\ndata: b\n\ndata: unfinished"),
  ).toEqual([
    { id: "7", event: "stage", data: "{}" },
    { id: "7", event: "message", data: "a\nb" },
  ]);
});
