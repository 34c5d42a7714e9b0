import { z } from "zod";
import { Failure } from "../../failure.ts";
import { checkCallbackUrl } from "../connect/callback-url.ts";
import { allowedDomainsSchema, maxSessionsSchema, nameSchema, urlSchema } from "../identity-input.ts";
import { compileTraitsSchema } from "../traits/compile-schema.ts";
import { factorTypes } from "../traits/ruleset.ts";
import type { JsonObject } from "../types.ts";

const mostUrls = 50;
const longestIcon = 96 * 1_024;

const callbackUrlSchema = z.string().superRefine((text, context) => {
  const fault = callbackUrlFault(text);
  if (fault !== undefined) context.addIssue({ code: "custom", message: fault });
});

function callbackUrlFault(text: string): string | undefined {
  try {
    checkCallbackUrl(text, []);
    return undefined;
  } catch (error) {
    if (error instanceof Failure) return error.message;
    throw error;
  }
}

const originSchema = z
  .string()
  .refine(
    (text) => callbackUrlFault(text) === undefined && URL.parse(text)?.origin === text,
    "is not an origin: write https://app.example.com, without a path",
  );

const iconSchema = z
  .string()
  .max(longestIcon, "is larger than 96 KiB")
  .regex(
    /^data:image\/(?:png|jpeg|webp|gif|svg\+xml);base64,[A-Za-z0-9+/]+={0,2}$/,
    "is not a base64 data: URL of a PNG, JPEG, WebP, GIF or SVG picture",
  );

const mostFactors = 50;

/** A Kratos identity schema. */
const traitsSchemaSchema = z.custom<JsonObject>().superRefine((document, context) => {
  try {
    compileTraitsSchema(document);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    context.addIssue({ code: "custom", message: error.message });
  }
});

const rulesetSchema = z
  .array(
    z.strictObject({
      name: z.string().regex(/^[a-z][a-z0-9_]{0,49}$/, "is not a name of lower-case letters, digits and _"),
      type: z.enum(factorTypes),
      identifier: z.boolean(),
      persistent: z.boolean(),
    }),
  )
  .min(1)
  .max(mostFactors)
  .refine(
    (factors) => new Set(factors.map(({ name }) => name)).size === factors.length,
    "names a factor twice",
  )
  .refine(
    (factors) =>
      factors.every(({ type, identifier }) => !identifier || type === "email" || type === "username"),
    "identifies by a factor that is neither an email nor a username",
  );

const optional = {
  description: z.string().max(2_000).nullable().optional(),
  allowedDomains: allowedDomainsSchema.optional(),
  maxSessions: maxSessionsSchema.optional(),
  /** Where the connect page may send its visitors back to, compared exactly; none allows any https address. */
  callbackUrls: z.array(callbackUrlSchema).max(mostUrls).optional(),
  /** Who may show the connect page in a frame: origins. */
  frameOrigins: z.array(originSchema).max(mostUrls).optional(),
  /** A base64 `data:` URL of a picture. */
  icon: iconSchema.nullable().optional(),
  traitsSchema: traitsSchemaSchema.nullable().optional(),
  ruleset: rulesetSchema.nullable().optional(),
};

export const newApplicationSchema = z.strictObject({
  name: nameSchema,
  /** Null for a schema or pool whose site is yet to be named. */
  url: urlSchema.nullable(),
  ...optional,
});
export const applicationPatchSchema = newApplicationSchema.partial();

export type NewApplication = z.input<typeof newApplicationSchema>;
export type ApplicationPatch = z.input<typeof applicationPatchSchema>;

/** The host of a URL as applications are found by: in lower case, with a port that is not the scheme's own. */
export function hostOf(url: string): string {
  return new URL(url).host;
}
