import { type Kysely, type SqlBool, sql } from "kysely";
import type { Tables } from "../../database/tables.ts";
import { Failure } from "../../failure.ts";
import { isUuid } from "../identity-input.ts";
import { type Conditions, fenced, fenceVoid, stillCurrent } from "../leases/fence.ts";
import type { Identity, IdentityStatus } from "../types.ts";
import { selectIdentities, selectWithHalfMade, toIdentity } from "./identity-rows.ts";

/** See `Identities.get`. */
export async function getIdentity(
  kysely: Kysely<Tables>,
  project: string,
  idOrName: string,
): Promise<Identity> {
  const row = await selectIdentities(kysely)
    .where("i.project", "=", project)
    .where(isUuid(idOrName) ? "i.id" : "i.name", "=", idOrName)
    .executeTakeFirst();
  if (row === undefined) throw unknownIdentity(project, idOrName);
  return toIdentity(row);
}

/** See `Identities.getByExternalId`. */
export async function getByExternalId(
  kysely: Kysely<Tables>,
  project: string,
  externalId: string,
): Promise<Identity> {
  const row = await selectIdentities(kysely)
    .where("i.project", "=", project)
    .where("i.external_id", "=", externalId)
    .executeTakeFirst();
  if (row === undefined)
    throw new Failure(
      "unknown_identity",
      `Project "${project}" has no identity of external id "${externalId}".`,
    );
  return toIdentity(row);
}

/** See `Identities.getForRun`. */
export async function getForRun(
  kysely: Kysely<Tables>,
  { project, idOrName, runId }: { project: string; idOrName: string; runId: string },
): Promise<Identity> {
  // A visit's run names its identity by id.
  if (!isUuid(runId) || !isUuid(idOrName)) return await getIdentity(kysely, project, idOrName);
  // The run itself says whose it is, also when its visit has another by now, or is gone.
  const visitId = sql`coalesce(
    (select r.visit_id from runs r where r.id = ${runId}::uuid),
    (select v.id from connect_visits v where v.run_id = ${runId}::uuid)
  )`;
  const row = await selectWithHalfMade(kysely)
    .where("i.project", "=", project)
    .where((eb) => eb.or([eb("i.id", "=", idOrName), eb("i.stands_for", "=", idOrName)]))
    // A visit's run never falls back on the identity itself: its visitor did not ask for a login with what that has.
    .where(
      sql<SqlBool>`case when ${visitId} is null then i.visit_id is null
        else i.visit_id = ${visitId} and coalesce(i.stands_for, i.id) = ${idOrName}::uuid
          and exists (select from connect_visits v where v.id = i.visit_id and v.run_id = ${runId}::uuid)
      end`,
    )
    .executeTakeFirst();
  if (row === undefined) throw unknownIdentity(project, idOrName);
  return toIdentity(row);
}

/** See `Identities.getByProviderId`. */
export async function getByProviderId(
  kysely: Kysely<Tables>,
  project: string,
  providerIdentityId: string,
): Promise<Identity | undefined> {
  const row = await selectIdentities(kysely)
    .where("i.project", "=", project)
    .where("i.provider_identity_id", "=", providerIdentityId)
    .orderBy("i.created_at")
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? undefined : toIdentity(row);
}

/** See `Identities.setStatus`. */
export async function setStatus(
  kysely: Kysely<Tables>,
  change: { id: string; status: IdentityStatus; reason: string | null } & Conditions,
): Promise<boolean> {
  const { id, status, reason, fence, credentialsVersion } = change;
  const { rows } = await sql<{ held: boolean; known: boolean; changed: boolean }>`
    with fence as materialized (${fence === undefined ? sql`select true as held` : fenced(fence)}),
    changed as (
      update identities set status = ${status}, status_reason = ${reason}, status_at = now()
      from fence where id = ${id} and ${stillCurrent(credentialsVersion)}
      returning true
    )
    select
      exists (select from fence) as held,
      exists (select from identities where id = ${id}) as known,
      exists (select from changed) as changed
  `.execute(kysely);
  if (fence !== undefined && rows[0]?.held !== true) throw fenceVoid(fence);
  if (rows[0]?.known !== true) throw new Failure("unknown_identity", `There is no identity ${id}.`);
  return rows[0].changed;
}

export function unknownIdentity(project: string, idOrName: string): Failure {
  return new Failure("unknown_identity", `Project "${project}" has no identity "${idOrName}".`);
}
