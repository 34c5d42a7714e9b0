import { z } from "zod";
import { defineRoute } from "../../define-route.ts";
import { listAnswer, succeeded } from "../envelope.ts";
import { refusedObject } from "../factor-schemas.ts";
import { idsOf } from "../ids.ts";
import { describePage, pageOf, paginationQuery, sortingQuery, sortingSchema } from "../pagination.ts";
import { poolSummarySchema, poolTag, viewPoolSummary } from "./view-pool.ts";

const fields = ["id", "status", "title"] as const;

export const listPools = defineRoute({
  method: "GET",
  url: "/api/v1/pool",
  access: "read",
  tag: poolTag,
  summary: "List pools: the project's applications",
  query: z.strictObject({ sorting: sortingQuery(fields), ...paginationQuery }, { error: refusedObject }),
  responses: { 200: listAnswer(poolSummarySchema, sortingSchema(fields)) },
  async handler({ deps, query, caller: { project } }) {
    const { field, direction } = query.sorting ?? { field: "title", direction: "asc" };
    const ids = idsOf(project);
    const pools = (await deps.applications.list(project)).map((pool) => viewPoolSummary(pool, ids));
    const by = field === "title" ? "title" : "id";
    const sorted = pools.toSorted((a, b) => (a[by] < b[by] ? -1 : 1));
    if (direction === "desc") sorted.reverse();
    const page = pageOf(query);
    return succeeded({
      summaries: sorted.slice(page.offset, page.offset + page.size),
      pagination: describePage(page, sorted.length),
      sorting: { field, direction },
    });
  },
});
