import { z } from "zod";
import { Failure } from "../../failure.ts";
import { sessionFlowName } from "../../session/hold-identity.ts";
import { includesScope } from "../api-keys/scopes.ts";
import { defineRoute } from "../define-route.ts";
import { liveLink } from "../live/live-link.ts";
import { publicUrl } from "../public-url.ts";
import { runParams } from "./run-params.ts";

export const lookAtRun = defineRoute({
  method: "POST",
  url: "/v1/runs/:id/live",
  access: "read",
  tag: "runs",
  summary: "Make a link at which a person sees the run's page live",
  description:
    "Good for an hour, for whoever has it. With `drive` their mouse and keys go to the page, which takes a key of scope admin: they act as the identity. Those who may only look are shown nothing of a login. Runs of `latchkey/session` are refused: a session is looked at by its `live_view_url`.",
  params: runParams,
  body: z.strictObject({ scope: z.enum(["view", "drive"]).default("view") }).meta({ id: "LookAtRun" }),
  responses: {
    201: z.object({ url: z.string(), expiresAt: z.iso.datetime() }).meta({ id: "LiveLink" }),
  },
  failures: ["not_found", "conflict", "forbidden"],
  async handler({ deps: { runs, sessionTokens, config }, params: { id }, body: { scope }, caller, request }) {
    if (scope === "drive" && !includesScope(caller.scope, "admin"))
      throw new Failure("forbidden", "Driving a run's page needs a key of scope admin.");
    const run = await runs.get(caller.project, id);
    if (run.endedAt !== null) throw new Failure("conflict", "The run has ended: there is nothing to see.");
    if (run.flow === sessionFlowName)
      throw new Failure(
        "conflict",
        "The run signs a session in, which is shown to nobody. The session is looked at by the live_view_url that creating it answered with.",
      );
    const base = publicUrl("/", { request, config }).href;
    const { url, expiresAt } = liveLink(sessionTokens, { base, id, project: caller.project, scope });
    return {
      status: 201,
      headers: { "cache-control": "no-store" },
      body: { url, expiresAt: expiresAt.toISOString() },
    };
  },
});
