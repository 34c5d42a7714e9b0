import { z } from "zod";

export const authMethods = ["username_password", "authenticator", "custom"] as const;
/** A kind of credential that an auth flow asks for. */
export type AuthMethod = (typeof authMethods)[number];

const mostFields = 50;

const methodsSchema = z
  .array(z.enum(authMethods))
  .min(1)
  .refine((methods) => new Set(methods).size === methods.length, "names a method twice");

const customFieldsSchema = z
  .array(z.strictObject({ name: z.string().min(1).max(100) }))
  .max(mostFields)
  .refine(
    (fields) => new Set(fields.map(({ name }) => name)).size === fields.length,
    "holds two fields of one name",
  );

export const newAuthFlowSchema = z.strictObject({
  name: z.string().min(1).max(200),
  description: z.string().max(2_000).nullable().optional(),
  isRecommended: z.boolean().optional(),
  methods: methodsSchema,
  customFields: customFieldsSchema.optional(),
});
export const authFlowPatchSchema = newAuthFlowSchema.partial();

export type NewAuthFlow = z.input<typeof newAuthFlowSchema>;
export type AuthFlowPatch = z.input<typeof authFlowPatchSchema>;
