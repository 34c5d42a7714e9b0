import { z } from "zod";
import type { Application } from "../../../identity/applications/applications.ts";
import { rulesetOf } from "../../../identity/applications/schema-of.ts";
import type { DeletedIdentity, Identity } from "../../../identity/types.ts";
import { shownFactorSchema } from "../factor-schemas.ts";
import type { Ids } from "../ids.ts";
import { interactionSchema, showSighting } from "../interaction.ts";
import { showMetadata, textsSchema } from "../metadata.ts";
import type { Known } from "../references.ts";
import { showFactors } from "../show-factors.ts";

export const identityTag = "prefactor: identities";

const summaryFields = {
  id: z.string(),
  type: z.literal("identity"),
  account_id: z.string(),
  domain_id: z.string(),
  pool_id: z.string(),
  status: z.enum(["extant", "deleted"]),
  title: z.string().meta({ description: "The text of its identifying factor, else its name." }),
  claims: textsSchema.meta({ description: "Always empty: there is no issuer that would make any." }),
  first_seen: interactionSchema.nullable().meta({ description: "Null until its first run or visit." }),
  last_seen: interactionSchema.nullable(),
};

/** An identity as lists show it. */
export const identitySummarySchema = z.object(summaryFields).meta({ id: "PrefactorIdentitySummary" });

/** An identity in full; no secret is shown. */
export const identityDetailsSchema = z
  .object({ ...summaryFields, factors: z.array(shownFactorSchema), metadata: textsSchema })
  .meta({ id: "PrefactorIdentity" });

export function viewSummary(
  { identity, isDeleted }: Known,
  pool: Pick<Application, "id">,
  ids: Ids,
): z.input<typeof identitySummarySchema> {
  return {
    id: ids.of(identity.id),
    type: "identity",
    account_id: ids.account,
    domain_id: ids.domain,
    pool_id: ids.of(pool.id),
    status: isDeleted ? "deleted" : "extant",
    title: titleOf(identity),
    claims: {},
    first_seen: showSighting(identity.firstSeen),
    last_seen: showSighting(identity.lastSeen),
  };
}

export function viewDetails(
  known: Known,
  { pool, ids }: { pool: Application; ids: Ids },
): z.input<typeof identityDetailsSchema> {
  return {
    ...viewSummary(known, pool, ids),
    factors: showFactors({ known, ruleset: rulesetOf(pool), applicationId: pool.id, ids }),
    metadata: showMetadata(known.identity.metadata),
  };
}

/** What `Identities.ofPool` sorts titles by, too. */
function titleOf({
  loginName,
  displayName,
  name,
}: Pick<Identity | DeletedIdentity, "loginName" | "displayName" | "name">): string {
  return loginName ?? displayName ?? name;
}
