import { z } from "zod";
import { defineRoute } from "../../define-route.ts";
import { timeSchema } from "../identities/identity.ts";
import { durationOf, sessionParams, sessionStatuses, sessionTag, statusOf } from "./session.ts";

export const retrieveSession = defineRoute({
  method: "GET",
  url: "/v1/sessions/:id",
  access: "read",
  tag: sessionTag,
  summary: "Get a session, also one that is over",
  params: sessionParams,
  responses: {
    200: z.object({
      data: z.object({
        session_id: z.uuid(),
        team_id: z.string().meta({ description: "The project." }),
        status: z.enum(sessionStatuses),
        duration: z.int().meta({ description: "In seconds." }),
        credits_used: z.number().meta({ description: "None are counted here." }),
        configuration: z.record(z.string(), z.unknown()),
        playground: z.boolean(),
        proxy_bytes: z.number(),
        tokens: z.record(z.string(), z.unknown()),
        steps: z.int(),
        tags: z.array(z.string()),
        created_at: timeSchema,
      }),
    }),
  },
  failures: ["not_found"],
  async handler({ deps, params, caller: { project } }) {
    const session = await deps.sessions.get(project, params.id);
    return {
      status: 200,
      body: {
        data: {
          session_id: session.id,
          team_id: project,
          status: statusOf(session),
          duration: durationOf(session),
          credits_used: 0,
          configuration: session.configuration,
          playground: false,
          proxy_bytes: 0,
          tokens: {},
          steps: 0,
          tags: session.tags,
          created_at: session.createdAt.toISOString(),
        },
      },
    };
  },
});
