import { type Kysely, sql } from "kysely";
import type { Tables } from "../../database/tables.ts";
import { isUuid } from "../identity-input.ts";
import { type Application, toApplication } from "./application-rows.ts";
import type { AuthMethod } from "./auth-flow-input.ts";

/** An application with what belongs to it. */
export interface ApplicationOverview extends Application {
  identityCount: number;
  /** Those of all its auth flows. */
  authMethods: AuthMethod[];
}

/** See `Applications.overview`; 1 query. */
export async function overviewOf(
  kysely: Kysely<Tables>,
  project: string,
  { search, id }: { search?: string; id?: string },
): Promise<ApplicationOverview[]> {
  const rows = await kysely
    .selectFrom("applications as a")
    .selectAll("a")
    .select([
      sql<number>`(
        select count(*)::int from identities i where i.application_id = a.id and i.visit_id is null
      )`.as("identity_count"),
      sql<AuthMethod[]>`(
        select coalesce(jsonb_agg(distinct method order by method), '[]')
        from auth_flows f, jsonb_array_elements_text(f.methods) as method where f.application_id = a.id
      )`.as("auth_methods"),
    ])
    .where("a.project", "=", project)
    .$if(id !== undefined, (query) => query.where("a.id", "=", id !== undefined && isUuid(id) ? id : null))
    .$if(search !== undefined, (query) =>
      query.where(
        sql<boolean>`(strpos(lower(a.name), lower(${search})) > 0 or strpos(lower(a.url), lower(${search})) > 0)`,
      ),
    )
    .orderBy("a.name")
    .execute();
  return rows.map((row) => ({
    ...toApplication(row),
    identityCount: row.identity_count,
    authMethods: row.auth_methods,
  }));
}
