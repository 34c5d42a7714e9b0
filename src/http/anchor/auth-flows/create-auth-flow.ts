import { z } from "zod";
import { defineRoute } from "../../define-route.ts";
import { idParams } from "../identities/identity.ts";
import {
  authFlowSchema,
  authFlowTag,
  givenFields,
  optionalFields,
  requiredFields,
  viewAuthFlow,
} from "./auth-flow.ts";

export const createAuthFlow = defineRoute({
  method: "POST",
  url: "/v1/applications/:id/auth-flows",
  access: "admin",
  tag: authFlowTag,
  summary: "Add an auth flow: what is asked of whoever connects an account",
  params: idParams,
  body: z.object({ ...requiredFields, ...optionalFields }).meta({ id: "AnchorCreateAuthFlow" }),
  responses: { 201: authFlowSchema },
  failures: ["not_found"],
  async handler({ deps, params, body, caller: { project, keyId } }) {
    const { name, methods } = body;
    const input = { name, methods, ...givenFields(body) };
    const flow = await deps.authFlows.create(project, params.id, input, { name: `key:${keyId}` });
    return { status: 201, body: viewAuthFlow(flow) };
  },
});
