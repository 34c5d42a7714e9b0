import { z } from "zod";
import type { Application } from "../../../identity/applications/applications.ts";
import { rulesetOf } from "../../../identity/applications/schema-of.ts";
import { shownFactorSchema } from "../factor-schemas.ts";
import type { Ids } from "../ids.ts";
import { textsSchema } from "../metadata.ts";

export const poolTag = "prefactor: pools";

const summaryFields = {
  id: z.string(),
  type: z.literal("pool"),
  account_id: z.string(),
  domain_id: z.string(),
  status: z.literal("extant"),
  title: z.string().meta({ description: "The application's name." }),
};

export const poolSummarySchema = z.object(summaryFields).meta({ id: "PrefactorPoolSummary" });

const noIssuer = z.null().meta({ description: "Nobody is signed in to it: Latchkey issues no tokens." });

export const poolDetailsSchema = z
  .object({
    ...summaryFields,
    metadata: textsSchema.meta({ description: "Always empty." }),
    authentication_ruleset_nid: z.string(),
    factors: z
      .array(
        shownFactorSchema.pick({ identifier: true, name: true, nid: true, persistent: true, type: true }),
      )
      .meta({ description: "The ruleset's, which Prefactor does not show here: what identities may have." }),
    oauth_issuer_uri: noIssuer,
    oauth_discovery_uri: noIssuer,
    mcp_issuer_uri: noIssuer,
    mcp_discovery_uri: noIssuer,
  })
  .meta({ id: "PrefactorPool" });

export function viewPoolSummary({ id, name }: Application, ids: Ids): z.input<typeof poolSummarySchema> {
  return {
    id: ids.of(id),
    type: "pool",
    account_id: ids.account,
    domain_id: ids.domain,
    status: "extant",
    title: name,
  };
}

export function viewPool(pool: Application, ids: Ids): z.input<typeof poolDetailsSchema> {
  return {
    ...viewPoolSummary(pool, ids),
    metadata: {},
    authentication_ruleset_nid: ids.rulesetNid(pool.id),
    factors: rulesetOf(pool).map(({ name, type, identifier, persistent }) => ({
      identifier,
      name,
      nid: ids.factorNid(pool.id, name),
      persistent,
      type,
    })),
    oauth_issuer_uri: null,
    oauth_discovery_uri: null,
    mcp_issuer_uri: null,
    mcp_discovery_uri: null,
  };
}
