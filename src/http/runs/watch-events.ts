import { z } from "zod";
import { readRunEvents } from "../../job/record/run-events.ts";
import { defineRoute, stream } from "../define-route.ts";
import { eventAnswer } from "../event-answer.ts";
import { eventStream } from "./event-stream.ts";
import { runParams } from "./run-params.ts";

const eventId = z.string().regex(/^\d{1,18}$/, "is not the id of an event");

export const watchEvents = defineRoute({
  method: "GET",
  url: "/v1/runs/:id/events",
  access: "read",
  tag: "runs",
  summary: "Follow a run's events",
  description:
    "Server-sent events: all there are, then those to come, until the outcome. `Last-Event-ID`, or `after`, goes on after that event. 204 where the run has ended and nothing is left to tell, so that an EventSource does not connect again.",
  params: runParams,
  headers: z.looseObject({ "last-event-id": eventId.optional() }),
  query: z.strictObject({ after: eventId.optional() }),
  responses: {
    200: stream("text/event-stream", "The events, each with its id, its type and its data as JSON."),
    204: z.undefined().meta({ description: "The run has ended, and everything was told." }),
  },
  failures: ["not_found"],
  async handler(call) {
    const { deps, params, query, headers, caller } = call;
    const { project } = caller;
    const run = await deps.runs.get(project, params.id);
    const after = headers["last-event-id"] ?? query.after ?? "0";
    if (run.endedAt !== null && after !== "0") {
      const left = await readRunEvents(deps.database.kysely, run.id, after);
      if (left.length === 0) return { status: 204, body: undefined };
    }
    return eventAnswer(eventStream(deps, { project, runId: run.id, after, signal: call.signal }));
  },
});
