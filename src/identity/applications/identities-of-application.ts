import { type Kysely, type SqlBool, sql } from "kysely";
import type { Tables } from "../../database/tables.ts";
import { isUuid } from "../identity-input.ts";
import type { IdentityStatus } from "../types.ts";

/** An identity as a list of an application's shows it. */
export interface ListedIdentity {
  id: string;
  /** As whoever made it calls it. */
  name: string;
  /** The name of the auth flow that its credentials were asked for by. */
  authFlow: string | null;
  status: IdentityStatus;
  createdAt: Date;
  updatedAt: Date;
}

export interface ListedFilter {
  /** In the name, whatever its case. */
  search?: string;
  /**
   * What the metadata has to contain (jsonb `@>`): all of the list, each in one of its forms. A filter that came as text
   * has several, because `3` may have been meant as a number.
   */
  metadata?: readonly (readonly Record<string, unknown>[])[];
}

/** An application's identities in the order they were made. 1 query, by the indices of application and metadata. */
export async function identitiesOfApplication(
  kysely: Kysely<Tables>,
  {
    project,
    applicationId,
    search,
    metadata = [],
  }: ListedFilter & { project: string; applicationId: string },
): Promise<ListedIdentity[]> {
  if (!isUuid(applicationId)) return [];
  const rows = await kysely
    .selectFrom("identities as i")
    .leftJoin("auth_flows as f", "f.id", "i.auth_flow_id")
    .select(["i.id", "i.status", "i.created_at", "i.updated_at", "f.name as auth_flow"])
    .select(sql<string>`coalesce(i.display_name, i.name)`.as("name"))
    .where("i.project", "=", project)
    .where("i.application_id", "=", applicationId)
    .where("i.visit_id", "is", null)
    .$if(search !== undefined, (query) =>
      query.where(sql<SqlBool>`strpos(lower(coalesce(i.display_name, i.name)), lower(${search})) > 0`),
    )
    .where((eb) =>
      eb.and(
        metadata.map((forms) =>
          eb.or(forms.map((form) => sql<SqlBool>`i.metadata @> ${JSON.stringify(form)}::jsonb`)),
        ),
      ),
    )
    .orderBy("i.created_at")
    .orderBy("i.id")
    .execute();
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    authFlow: row.auth_flow,
    status: row.status,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }));
}
