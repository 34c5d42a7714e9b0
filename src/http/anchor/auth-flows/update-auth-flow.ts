import { z } from "zod";
import { defineRoute } from "../../define-route.ts";
import {
  authFlowParams,
  authFlowSchema,
  authFlowTag,
  givenFields,
  optionalFields,
  requiredFields,
  viewAuthFlow,
} from "./auth-flow.ts";

export const updateAuthFlow = defineRoute({
  method: "PATCH",
  url: "/v1/applications/:id/auth-flows/:flow",
  access: "admin",
  tag: authFlowTag,
  summary: "Change an auth flow; what is left out stays",
  params: authFlowParams,
  body: z.preprocess(
    (body) => body ?? {},
    z.object({
      name: requiredFields.name.nullish(),
      methods: requiredFields.methods.nullish(),
      ...optionalFields,
    }),
  ),
  responses: { 200: authFlowSchema },
  failures: ["not_found"],
  async handler({ deps, params: { id: applicationId, flow: id }, body, caller: { project, keyId } }) {
    const { name, methods } = body;
    const patch = {
      ...(name == null ? {} : { name }),
      ...(methods == null ? {} : { methods }),
      ...givenFields(body),
    };
    const flow = await deps.authFlows.update({ project, applicationId, id }, patch, { name: `key:${keyId}` });
    return { status: 200, body: viewAuthFlow(flow) };
  },
});
