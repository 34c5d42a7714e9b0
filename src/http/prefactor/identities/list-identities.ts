import { z } from "zod";
import { defineRoute } from "../../define-route.ts";
import { listAnswer, succeeded } from "../envelope.ts";
import { refusedObject } from "../factor-schemas.ts";
import { expected } from "../failure-words.ts";
import { idsOf } from "../ids.ts";
import { describePage, pageOf, paginationQuery, sortingQuery, sortingSchema } from "../pagination.ts";
import { poolById } from "../references.ts";
import { identitySummarySchema, identityTag, viewSummary } from "./view-identity.ts";

const fields = ["id", "last_seen", "status", "title"] as const;

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
      sorting: sortingQuery(fields),
      ...paginationQuery,
    },
    { error: refusedObject },
  ),
  responses: { 200: listAnswer(identitySummarySchema, sortingSchema(fields)) },
  failures: ["invalid_argument", "not_found"],
  async handler({ deps, query, caller: { project } }) {
    const { id: applicationId } = await poolById(deps, { project, field: "pool_id", id: query.pool_id });
    const { field, direction } = query.sorting ?? { field: "id", direction: "asc" };
    const page = pageOf(query);
    const { items, total } = await deps.identities.ofPool(project, {
      applicationId,
      field,
      direction,
      offset: page.offset,
      limit: page.size,
    });
    const ids = idsOf(project);
    return succeeded({
      summaries: items.map((identity) => viewSummary({ identity, isDeleted: false }, applicationId, ids)),
      pagination: describePage(page, total),
      sorting: { field, direction },
    });
  },
});
