import { z } from "zod";
import type { SessionRecord } from "../../../session/types.ts";
import { defineRoute } from "../../define-route.ts";
import { sessionParams, sessionTag } from "./session.ts";

const statuses = ["none", "pending", "authenticating", "authenticated", "failed"] as const;

export const sessionAuthStatus = defineRoute({
  method: "GET",
  url: "/v1/sessions/:id/auth-status",
  access: "read",
  tag: sessionTag,
  summary: "Tell how far the identities of a session are signed in",
  description: "The run of each can be looked at, and handed a code, as any other: `/v1/runs/:id`.",
  params: sessionParams,
  responses: {
    200: z.object({
      data: z.object({
        status: z.enum(statuses),
        tasks: z.array(
          z.object({
            identity_id: z.uuid(),
            status: z.enum(["pending", "authenticating", "authenticated", "failed"]),
            run_id: z.uuid(),
            error: z.string().nullable().meta({ description: "A code of docs/failures.md." }),
          }),
        ),
      }),
    }),
  },
  failures: ["not_found"],
  async handler({ deps, params, caller: { project } }) {
    const { identities } = await deps.sessions.get(project, params.id);
    const tasks = identities.map(({ id, status, runId, code = null }) => ({
      identity_id: id,
      status,
      run_id: runId,
      error: code,
    }));
    return { status: 200, body: { data: { status: together(identities), tasks } } };
  },
});

function together(identities: SessionRecord["identities"]): (typeof statuses)[number] {
  const all = identities.map(({ status }) => status);
  if (all.length === 0) return "none";
  if (all.includes("failed")) return "failed";
  if (all.every((status) => status === "authenticated")) return "authenticated";
  return all.every((status) => status === "pending") ? "pending" : "authenticating";
}
