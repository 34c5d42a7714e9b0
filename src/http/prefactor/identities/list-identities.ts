import { z } from "zod";
import { poolFields } from "../../../identity/records/page-identities.ts";
import { defineRoute } from "../../define-route.ts";
import { listAnswer, succeeded } from "../envelope.ts";
import { refusedObject } from "../factor-schemas.ts";
import { expected } from "../failure-words.ts";
import { idsOf } from "../ids.ts";
import { describePage, pageOf, paginationQuery, sortingQuery, sortingSchema } from "../pagination.ts";
import { poolById } from "../references.ts";
import { identitySummarySchema, identityTag, viewSummary } from "./view-identity.ts";

export const listIdentities = defineRoute({
  method: "GET",
  url: "/api/v1/identity",
  access: "read",
  tag: identityTag,
  summary: "List a pool's identities, page by page",
  description: "Deleted ones are left out.",
  query: z.strictObject(
    {
      pool_id: z.string({ error: expected("text") }),
      sorting: sortingQuery(poolFields),
      ...paginationQuery,
    },
    { error: refusedObject },
  ),
  responses: { 200: listAnswer(identitySummarySchema, sortingSchema(poolFields)) },
  failures: ["invalid_argument", "not_found"],
  async handler({ deps, query, caller: { project } }) {
    const pool = await poolById(deps, { project, field: "pool_id", id: query.pool_id });
    const { field, direction } = query.sorting ?? { field: "id", direction: "asc" };
    const page = pageOf(query);
    const { items, total } = await deps.identities.ofPool(project, {
      applicationId: pool.id,
      field,
      direction,
      offset: page.offset,
      limit: page.size,
    });
    const ids = idsOf(project);
    return succeeded({
      summaries: items.map((identity) => viewSummary({ identity, isDeleted: false }, pool, ids)),
      pagination: describePage(page, total),
      sorting: { field, direction },
    });
  },
});
