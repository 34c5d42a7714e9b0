import { z } from "zod";
import { authMethods } from "../../../identity/applications/auth-flow-input.ts";
import type { AuthFlow } from "../../../identity/applications/auth-flows.ts";
import { timeSchema } from "../identities/identity.ts";

export const authFlowTag = "anchor: auth flows";

export const authFlowParams = z.object({ id: z.string(), flow: z.string() });

export const authFlowSchema = z
  .object({
    id: z.uuid(),
    name: z.string(),
    description: z.string().nullable(),
    is_recommended: z.boolean(),
    methods: z.array(z.string()),
    custom_fields: z.array(z.object({ name: z.string() })),
    created_at: timeSchema,
    updated_at: timeSchema,
  })
  .meta({ id: "AnchorAuthFlow" });

/** What of an auth flow may be left out. */
export const optionalFields = {
  description: z.string().max(2_000).nullish(),
  is_recommended: z.boolean().nullish(),
  custom_fields: z.array(z.object({ name: z.string().min(1).max(100) })).nullish(),
};
export const requiredFields = {
  name: z.string().min(1).max(200),
  methods: z.array(z.enum(authMethods)).min(1),
};

/** Of the fields that may be left out, those that are given. */
export function givenFields({
  description,
  is_recommended,
  custom_fields,
}: z.output<z.ZodObject<typeof optionalFields>>) {
  return {
    ...(description === undefined ? {} : { description }),
    ...(is_recommended == null ? {} : { isRecommended: is_recommended }),
    ...(custom_fields == null ? {} : { customFields: custom_fields }),
  };
}

export function viewAuthFlow(flow: AuthFlow): z.input<typeof authFlowSchema> {
  return {
    id: flow.id,
    name: flow.name,
    description: flow.description,
    is_recommended: flow.isRecommended,
    methods: flow.methods,
    custom_fields: flow.customFields,
    created_at: flow.createdAt.toISOString(),
    updated_at: flow.updatedAt.toISOString(),
  };
}
