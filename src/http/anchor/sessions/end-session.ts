import { defineRoute } from "../../define-route.ts";
import { done, doneSchema, sessionParams, sessionTag } from "./session.ts";

export const endSession = defineRoute({
  method: "DELETE",
  url: "/v1/sessions/:id",
  access: "admin",
  tag: sessionTag,
  summary: "End a session; again, nothing happens",
  description: "Answers when its browser is gone and what was to be saved is.",
  params: sessionParams,
  responses: { 200: doneSchema },
  failures: ["not_found", "conflict"],
  async handler({ deps, params, caller: { project } }) {
    await deps.sessions.end(project, params.id);
    return { status: 200, body: done };
  },
});

export const endAllSessions = defineRoute({
  method: "DELETE",
  url: "/v1/sessions/all",
  access: "admin",
  tag: sessionTag,
  summary: "End all of the project's sessions that this server holds",
  responses: { 200: doneSchema },
  async handler({ deps, caller: { project } }) {
    await deps.sessions.endAll(project);
    return { status: 200, body: done };
  },
});
