import { z } from "zod";
import { rulesetOf } from "../../../identity/applications/schema-of.ts";
import type { IdentityPatch } from "../../../identity/identity-input.ts";
import type { Identity } from "../../../identity/types.ts";
import { defineRoute } from "../../define-route.ts";
import { unwrapped } from "../body.ts";
import { detailsAnswer, succeeded } from "../envelope.ts";
import { changedFactorSchema, mostFactors, refusedObject } from "../factor-schemas.ts";
import { expected } from "../failure-words.ts";
import { idempotencyKeySchema } from "../idempotency-key.ts";
import { metadataSchema, readMetadata } from "../metadata.ts";
import { readFactors } from "../read-factors.ts";
import { inWordsOfFactors } from "./factor-faults.ts";
import { extantInPool, idParams, whileExtant } from "./known-identity.ts";
import { identityDetailsSchema, identityTag, viewDetails } from "./view-identity.ts";

export const updateIdentity = defineRoute({
  method: "PUT",
  url: "/api/v1/identity/:id",
  access: "admin",
  tag: identityTag,
  summary: "Change an identity's factors or metadata",
  description:
    "What is left out, or null, stays. Factors and metadata are each replaced as a whole; a factor that is named without a value stays as it is.",
  params: idParams,
  body: z
    .preprocess(
      unwrapped,
      z.strictObject(
        {
          factors: z
            .array(changedFactorSchema, { error: expected("a list") })
            .max(mostFactors, `holds more than ${mostFactors} factors`)
            .nullish(),
          metadata: metadataSchema.nullish(),
          idempotency_key: idempotencyKeySchema.meta({
            description: "Not needed: the same change again changes nothing.",
          }),
        },
        { error: refusedObject },
      ),
    )
    .meta({ id: "PrefactorUpdateIdentity" }),
  responses: { 200: detailsAnswer(identityDetailsSchema) },
  failures: ["invalid_argument", "not_found", "conflict"],
  async handler({ deps, params, body: { factors, metadata }, caller: { project, keyId } }) {
    const { known: before, pool, ids } = await extantInPool(deps, { project, id: params.id });
    const change = (present: Identity): IdentityPatch => ({
      ...(factors == null
        ? {}
        : readFactors({
            given: factors,
            ruleset: rulesetOf(pool),
            applicationId: pool.id,
            ids,
            before: { identity: present, isDeleted: false },
          })),
      ...(metadata == null ? {} : { metadata: readMetadata(metadata, present.metadata) }),
    });
    const identity = await inWordsOfFactors(factors ?? [], () =>
      whileExtant(() =>
        deps.identities.update(project, before.identity.id, change, { name: `key:${keyId}` }),
      ),
    );
    const known = { identity, isDeleted: false } as const;
    return succeeded({ details: viewDetails(known, { pool, ids }) });
  },
});
