import { type BatchEvent, watchBatch as watch } from "../../job/batch/watch-batch.ts";
import { defineRoute, stream } from "../define-route.ts";
import { eventAnswer, heartbeat, withHeartbeats } from "../event-answer.ts";
import { batchParams, viewBatch } from "./view-batch.ts";

export const watchBatch = defineRoute({
  method: "GET",
  url: "/v1/batches/:id/events",
  access: "read",
  tag: "batches",
  summary: "Follow a batch to its end",
  description:
    "Server-sent events: `run` for each of its runs that has ended or waits for a code, `progress` after each change, `ended` with the whole summary. A stream that is connected again begins again, with what has ended so far.",
  params: batchParams,
  responses: { 200: stream("text/event-stream", "The events, each with its type and its data as JSON.") },
  failures: ["not_found"],
  async handler(call) {
    const { deps, params, caller } = call;
    // Here, so that an unknown one is refused and not streamed.
    await deps.batches.get(caller.project, params.id);
    const { signal } = call;
    const events = watch(deps, { project: caller.project, id: params.id }, signal);
    return eventAnswer(texts(withHeartbeats(events, signal)));
  },
});

async function* texts(events: AsyncGenerator<BatchEvent | typeof heartbeat>): AsyncGenerator<string> {
  for await (const event of events) {
    yield event === heartbeat ? heartbeat : `event: ${event.type}\ndata: ${JSON.stringify(shown(event))}\n\n`;
  }
}

function shown(event: BatchEvent): object {
  return event.type === "ended" ? { ...event, batch: viewBatch(event.batch) } : event;
}
