import { z } from "zod";
import { factorTypes } from "../../identity/traits/ruleset.ts";
import { expected } from "./failure-words.ts";

/** How many factors one request may name. */
export const mostFactors = 50;
/** A text that may be an id. */
export const pfidSchema = z.string({ error: expected("text") }).max(100, "is longer than 100 characters");

/** What a client sends back of what it was shown is looked at where it matters, and passed over else. */
const shownBefore = {
  nid: pfidSchema
    .nullish()
    .meta({ description: "Of the factor in the ruleset; in place of its name, or with it." }),
  vid: pfidSchema.nullish().meta({ description: "Not looked at." }),
  identifier: z
    .boolean({ error: expected("a boolean") })
    .nullish()
    .meta({ description: "Not looked at." }),
  persistent: z
    .boolean({ error: expected("a boolean") })
    .nullish()
    .meta({ description: "Not looked at." }),
};

const name = z
  .string({ error: expected("text") })
  .meta({ description: "Of a factor in the pool's ruleset." });
const type = z.enum(factorTypes, {
  error: expected(`one of ${factorTypes.join(", ")}`),
});
const value = z
  .string({ error: expected("text") })
  .min(1, "is empty")
  .max(10_000, "is longer than 10,000 characters")
  .nullish();

/** A factor of a new identity. */
export const newFactorSchema = z.strictObject(
  {
    name,
    type,
    value: value.meta({ description: "For `totp`: base32, or an otpauth:// URI." }),
    ...shownBefore,
  },
  { error: refusedObject },
);

/** A factor of an identity that is changed: named alone, it stays as it is. */
export const changedFactorSchema = z.strictObject(
  {
    name: name.nullish(),
    type: type.nullish(),
    value: value.meta({ description: "Left out, the factor stays as it is." }),
    ...shownBefore,
  },
  { error: refusedObject },
);

/** Factors as they were given, checked for their shape alone. */
export type GivenFactor = z.output<typeof changedFactorSchema>;

/** A factor as it is shown: of `email` and `username`, with its value; of no other. */
export const shownFactorSchema = z
  .object({
    identifier: z.boolean().meta({ description: "Whether its value names one identity of the pool." }),
    name: z.string(),
    nid: z.string(),
    persistent: z.boolean(),
    type: z.enum(factorTypes),
    value: z.string().optional(),
    vid: z.string(),
  })
  .meta({ id: "PrefactorFactor" });

/** What is wrong with something that should be an object of known fields. */
export function refusedObject(issue: { code?: string; input?: unknown; keys?: unknown }): string {
  if (issue.code !== "unrecognized_keys" || !Array.isArray(issue.keys)) return expected("an object")(issue);
  return `has fields that are not known here: ${issue.keys.join(", ")}`;
}
