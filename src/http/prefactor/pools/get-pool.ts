import { z } from "zod";
import { defineRoute } from "../../define-route.ts";
import { fetchAnswer, succeeded } from "../envelope.ts";
import { idsOf } from "../ids.ts";
import { poolById } from "../references.ts";
import { poolDetailsSchema, poolTag, viewPool } from "./view-pool.ts";

export const getPool = defineRoute({
  method: "GET",
  url: "/api/v1/pool/:id",
  access: "read",
  tag: poolTag,
  summary: "Get a pool — an application — with the factors its identities may have",
  params: z.object({ id: z.string().meta({ description: "A PFID." }) }),
  responses: { 200: fetchAnswer(poolDetailsSchema) },
  failures: ["invalid_argument", "not_found"],
  async handler({ deps, params, caller: { project } }) {
    const pool = await poolById(deps, { project, field: "id", id: params.id });
    // Pools are changed as applications, not here.
    return succeeded({ actions: { update: false, delete: false }, details: viewPool(pool, idsOf(project)) });
  },
});
