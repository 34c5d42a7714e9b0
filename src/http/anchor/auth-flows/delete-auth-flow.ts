import { z } from "zod";
import { defineRoute } from "../../define-route.ts";
import { authFlowParams, authFlowTag } from "./auth-flow.ts";

export const deleteAuthFlow = defineRoute({
  method: "DELETE",
  url: "/v1/applications/:id/auth-flows/:flow",
  access: "admin",
  tag: authFlowTag,
  summary: "Delete an auth flow",
  params: authFlowParams,
  responses: { 200: z.object({ success: z.boolean() }) },
  failures: ["not_found"],
  async handler({ deps, params: { id: applicationId, flow: id }, caller: { project, keyId } }) {
    await deps.authFlows.remove({ project, applicationId, id }, { name: `key:${keyId}` });
    return { status: 200, body: { success: true } };
  },
});
