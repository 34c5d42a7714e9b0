import { z } from "zod";

/** The keyword by which an identity schema says what a trait is for. */
export const extensionKeyword = "ory.sh/kratos";

const via = z.enum(["email", "sms"]);

/**
 * What stands beside that keyword. Unknown keys are refused, as Kratos refuses them: a key written wrong would
 * otherwise leave a trait without its meaning, in silence.
 */
export const extensionSchema = z.strictObject({
  credentials: z
    .strictObject({
      password: z.strictObject({ identifier: z.boolean().optional() }).optional(),
      webauthn: z.strictObject({ identifier: z.boolean().optional() }).optional(),
      passkey: z.strictObject({ display_name: z.boolean().optional() }).optional(),
      totp: z.strictObject({ account_name: z.boolean().optional() }).optional(),
      code: z.strictObject({ identifier: z.boolean().optional(), via: via.optional() }).optional(),
    })
    .optional(),
  verification: z.strictObject({ via: via.optional() }).optional(),
  recovery: z.strictObject({ via: via.optional() }).optional(),
  organizations: z.strictObject({ matcher: z.literal("email_domain").optional() }).optional(),
});

export type Extension = z.infer<typeof extensionSchema>;
