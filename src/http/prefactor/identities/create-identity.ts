import { z } from "zod";
import { Failure } from "../../../failure.ts";
import { rulesetOf } from "../../../identity/applications/schema-of.ts";
import { defineRoute } from "../../define-route.ts";
import { unwrapped } from "../body.ts";
import { detailsAnswer, succeeded } from "../envelope.ts";
import { mostFactors, newFactorSchema, pfidSchema, refusedObject } from "../factor-schemas.ts";
import { expected, RefusedValue } from "../failure-words.ts";
import { creationHeaders, idempotencyKeySchema } from "../idempotency-key.ts";
import { idsOf } from "../ids.ts";
import { metadataSchema, readMetadata } from "../metadata.ts";
import { readFactors } from "../read-factors.ts";
import { poolById } from "../references.ts";
import { inWordsOfFactors } from "./factor-faults.ts";
import { identityDetailsSchema, identityTag, viewDetails } from "./view-identity.ts";

export const createIdentity = defineRoute({
  method: "POST",
  url: "/api/v1/identity",
  access: "admin",
  tag: identityTag,
  summary: "Create an identity in a pool",
  description: "The body may stand in `{ details, idempotency_key }`.",
  headers: creationHeaders,
  body: z
    .preprocess(
      unwrapped,
      z.strictObject(
        {
          pool_id: pfidSchema,
          factors: z
            .array(newFactorSchema, { error: expected("a list") })
            .max(mostFactors, `holds more than ${mostFactors} factors`)
            .nullish(),
          metadata: metadataSchema.nullish(),
          idempotency_key: idempotencyKeySchema,
        },
        { error: refusedObject },
      ),
    )
    .meta({ id: "PrefactorCreateIdentity" }),
  responses: { 200: detailsAnswer(identityDetailsSchema) },
  failures: ["invalid_argument", "not_found", "conflict"],
  async handler({ deps, headers, body: { idempotency_key, ...asked }, caller: { project, keyId } }) {
    const pool = await poolById(deps, { project, field: "pool_id", id: asked.pool_id });
    const factors = asked.factors ?? [];
    const ids = idsOf(project);
    const { traits, credentials } = readFactors({
      given: factors,
      ruleset: rulesetOf(pool),
      applicationId: pool.id,
      ids,
    });
    const key = keyOf(headers["idempotency-key"], idempotency_key ?? undefined);
    const identity = await inWordsOfFactors(factors, () =>
      orDeletedSince(() =>
        deps.identities.create(
          project,
          {
            applicationId: pool.id,
            traits,
            credentials,
            ...(asked.metadata == null ? {} : { metadata: readMetadata(asked.metadata, null) }),
            ...(key === undefined
              ? {}
              : {
                  idempotency: {
                    key,
                    fingerprint: deps.fingerprints.of(["prefactor create identity", asked]),
                  },
                }),
          },
          { name: `key:${keyId}` },
        ),
      ),
    );
    const known = { identity, isDeleted: false } as const;
    return succeeded({ details: viewDetails(known, { pool, ids }) });
  },
});

function keyOf(inHeader: string | undefined, inBody: string | undefined): string | undefined {
  if (inHeader !== undefined && inBody !== undefined && inHeader !== inBody)
    throw new RefusedValue("invalid_value", "idempotency_key: is not the one of the header Idempotency-Key.");
  return inHeader ?? inBody;
}

/** What was made for the same request before may be gone by now. */
async function orDeletedSince<T>(create: () => Promise<T>): Promise<T> {
  try {
    return await create();
  } catch (error) {
    if (error instanceof Failure && error.code === "unknown_identity")
      throw new Failure(
        "conflict",
        "The identity that was made for this idempotency key is deleted: choose another key.",
        { cause: error },
      );
    throw error;
  }
}
