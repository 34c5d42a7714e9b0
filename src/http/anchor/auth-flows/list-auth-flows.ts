import { z } from "zod";
import { defineRoute } from "../../define-route.ts";
import { idParams } from "../identities/identity.ts";
import { authFlowSchema, authFlowTag, viewAuthFlow } from "./auth-flow.ts";

export const listAuthFlows = defineRoute({
  method: "GET",
  url: "/v1/applications/:id/auth-flows",
  access: "read",
  tag: authFlowTag,
  summary: "List an application's auth flows",
  params: idParams,
  responses: { 200: z.object({ auth_flows: z.array(authFlowSchema) }) },
  failures: ["not_found"],
  async handler({ deps, params, caller: { project } }) {
    const flows = await deps.authFlows.list(project, params.id);
    return { status: 200, body: { auth_flows: flows.map(viewAuthFlow) } };
  },
});
