import { z } from "zod";
import { defineRoute } from "../define-route.ts";

export const endDebugSession = defineRoute({
  method: "DELETE",
  url: "/v1/debug-sessions/:id",
  access: "admin",
  tag: "debug sessions",
  summary: "End a debug session",
  description: "Answers when its browser is gone and the identity is free again.",
  params: z.object({ id: z.string().max(100) }),
  query: z.strictObject({
    save: z.enum(["true", "false"]).default("false").meta({
      description: "Whether what the site keeps in the browser now becomes the identity's saved state.",
    }),
  }),
  responses: {
    200: z.object({ id: z.string(), endedBy: z.string() }).meta({ id: "EndedDebugSession" }),
  },
  failures: ["not_found"],
  async handler({ deps: { sessions }, caller: { project }, params: { id }, query }) {
    const { endedBy } = await sessions.end(project, id, { saveState: query.save === "true" });
    return { status: 200, body: { id, endedBy: endedBy ?? "client" } };
  },
});
