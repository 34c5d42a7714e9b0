import { z } from "zod";
import { Failure } from "../../../failure.ts";
import { defineRoute } from "../../define-route.ts";

const tag = "anchor: events";
const params = z.object({ name: z.string().min(1).max(200) });
const longestWaitMs = 20 * 60_000;

export const signalEvent = defineRoute({
  method: "POST",
  url: "/v1/events/:name",
  access: "submit",
  tag,
  summary: "Hand something to whoever waits for an event of this name",
  description:
    "One waiter gets it: the first that waits now, or comes within ten minutes. It is kept sealed.",
  params,
  body: z.object({ data: z.record(z.string(), z.unknown()) }),
  responses: { 200: z.object({ data: z.object({ status: z.string() }) }) },
  async handler({ deps, params: { name }, body, caller: { project } }) {
    await deps.rendezvous.signal({ project, name }, body.data);
    return { status: 200, body: { data: { status: "success" } } };
  },
});

export const waitForEvent = defineRoute({
  method: "POST",
  url: "/v1/events/:name/wait",
  access: "submit",
  tag,
  summary: "Wait for what is handed over by an event of this name",
  params,
  body: z.preprocess(
    (body) => body ?? {},
    z.object({ timeoutMs: z.number().min(0).nullish().meta({ description: "A minute unless given." }) }),
  ),
  responses: { 200: z.object({ data: z.unknown() }) },
  failures: ["wait_timed_out"],
  async handler(call) {
    const { deps, body, caller } = call;
    const place = { project: caller.project, name: call.params.name };
    const patience = AbortSignal.timeout(Math.min(Math.ceil(body.timeoutMs ?? 60_000), longestWaitMs));
    const { signal } = call;
    const found = await deps.rendezvous.wait(place, AbortSignal.any([patience, signal]));
    if (found === undefined)
      throw new Failure("wait_timed_out", "Nothing was signalled while the request waited.");
    // Whoever waited went away in the last moment: it is for the next.
    if (signal.aborted) await deps.rendezvous.signal(place, found.data);
    return { status: 200, headers: { "cache-control": "no-store" }, body: { data: found.data } };
  },
});
