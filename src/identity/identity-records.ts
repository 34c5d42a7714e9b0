import { randomUUID } from "node:crypto";
import { type Kysely, sql, type Transaction } from "kysely";
import type { Tables } from "../database/tables.ts";
import { Failure } from "../failure.ts";
import type { Logger } from "../log.ts";
import { recordAudit } from "./audit.ts";
import { withConflicts } from "./conflicts.ts";
import { storeCredentials } from "./credentials.ts";
import { type Conditions, fenced, fenceVoid, stillCurrent } from "./fence.ts";
import {
  check,
  type IdentityPatch,
  identityPatchSchema,
  isUuid,
  type NewIdentity,
  newIdentitySchema,
} from "./identity-input.ts";
import { firstFree, namesFor, taken } from "./identity-names.ts";
import { selectIdentities, toIdentity } from "./identity-rows.ts";
import type { Keyring } from "./keyring.ts";
import type { Actor, Identity, IdentityStatus } from "./types.ts";

interface Deps {
  kysely: Kysely<Tables>;
  keyring: Keyring;
  log: Logger;
}

/** See `Identities.create`. */
export async function createIdentity(
  { kysely, keyring, log }: Deps,
  { project, input, actor }: { project: string; input: NewIdentity; actor: Actor },
): Promise<Identity> {
  const fields = check(newIdentitySchema, "identity", input);
  const id = randomUUID();
  const names = namesFor(id, fields);
  const { key, wrapped } = keyring.newDataKey(id);
  await withConflicts({ unique: taken(fields.name), reference: `There is no project "${project}".` }, () =>
    kysely.transaction().execute(async (trx) => {
      if (fields.applicationId != null) await assertApplication(trx, project, fields.applicationId);
      const [last] = names.slice(-1);
      const name = (await firstFree(trx, project, names.slice(0, -1))) ?? last ?? id;
      await trx
        .insertInto("identities")
        .values({
          id,
          project,
          name,
          display_name: fields.displayName ?? null,
          application_id: fields.applicationId ?? null,
          auth_flow_id: fields.authFlowId ?? null,
          source_url: fields.sourceUrl,
          allowed_domains: JSON.stringify(fields.allowedDomains ?? []),
          max_sessions: fields.maxSessions ?? null,
          metadata: JSON.stringify(fields.metadata ?? {}),
          provider: fields.provider ?? null,
          provider_identity_id: fields.providerIdentityId ?? null,
          proxy_server: fields.proxyServer ?? null,
          health_checks: fields.healthChecks ?? true,
          save_sessions: fields.saveSessions ?? true,
          auto_reauthenticate: fields.autoReauthenticate ?? true,
          status: "pending",
          data_key: wrapped.dataKey,
          key_id: wrapped.keyId,
        })
        .execute();
      await storeCredentials(trx, { id, key }, fields.credentials);
      await recordAudit(trx, { project, actor, action: "identity.created", identityId: id });
    }),
  );
  log.info({ identity: id, project }, "identity created");
  return await getIdentity(kysely, project, id);
}

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

/** See `Identities.update`. */
export async function updateIdentity(
  { kysely, keyring, log }: Deps,
  { project, id, patch, actor }: { project: string; id: string; patch: IdentityPatch; actor: Actor },
): Promise<Identity> {
  const fields = check(identityPatchSchema, "change", patch);
  const newCredentials = fields.credentials ?? [];
  const removedTypes = fields.removeCredentials ?? [];
  const credentialsChange = newCredentials.length > 0 || removedTypes.length > 0;
  await withConflicts({ unique: taken(fields.name) }, () =>
    kysely.transaction().execute(async (trx) => {
      const before = await trx
        .selectFrom("identities")
        .select(["source_url", "data_key", "key_id"])
        .where("project", "=", project)
        .where("id", "=", isUuid(id) ? id : null)
        .forUpdate()
        .executeTakeFirst();
      if (before === undefined) throw unknownIdentity(project, id);
      if (fields.applicationId != null) await assertApplication(trx, project, fields.applicationId);
      // Somebody else, or somewhere else: what was proved and saved before no longer stands.
      const starts = credentialsChange || (fields.sourceUrl ?? before.source_url) !== before.source_url;
      await trx
        .updateTable("identities")
        .set({
          // Who names it anew means what is shown, too.
          ...(fields.name === undefined ? {} : { name: fields.name, display_name: null }),
          ...(fields.displayName === undefined ? {} : { display_name: fields.displayName }),
          ...(fields.authFlowId === undefined ? {} : { auth_flow_id: fields.authFlowId }),
          ...(fields.applicationId === undefined ? {} : { application_id: fields.applicationId }),
          ...(fields.sourceUrl === undefined ? {} : { source_url: fields.sourceUrl }),
          ...(fields.allowedDomains === undefined
            ? {}
            : { allowed_domains: JSON.stringify(fields.allowedDomains) }),
          ...(fields.maxSessions === undefined ? {} : { max_sessions: fields.maxSessions }),
          ...(fields.metadata === undefined ? {} : { metadata: JSON.stringify(fields.metadata) }),
          ...(fields.provider === undefined ? {} : { provider: fields.provider }),
          ...(fields.providerIdentityId === undefined
            ? {}
            : { provider_identity_id: fields.providerIdentityId }),
          ...(fields.proxyServer === undefined ? {} : { proxy_server: fields.proxyServer }),
          ...(fields.healthChecks === undefined ? {} : { health_checks: fields.healthChecks }),
          ...(fields.saveSessions === undefined ? {} : { save_sessions: fields.saveSessions }),
          ...(fields.autoReauthenticate === undefined
            ? {}
            : { auto_reauthenticate: fields.autoReauthenticate }),
          ...(starts
            ? {
                status: "pending" as const,
                last_login: null,
                status_reason: null,
                status_at: sql<Date>`now()`,
                credentials_version: sql<number>`credentials_version + 1`,
              }
            : {}),
          updated_at: sql<Date>`now()`,
        })
        .where("id", "=", id)
        .execute();
      if (removedTypes.length > 0) {
        await trx
          .deleteFrom("credentials")
          .where("identity_id", "=", id)
          .where("type", "in", removedTypes)
          .execute();
      }
      if (newCredentials.length > 0) {
        const key = keyring.unwrap(id, { dataKey: before.data_key, keyId: before.key_id });
        await storeCredentials(trx, { id, key }, newCredentials);
      }
      if (starts) await trx.deleteFrom("saved_states").where("identity_id", "=", id).execute();
      await recordAudit(trx, { project, actor, action: "identity.updated", identityId: id });
      if (credentialsChange) {
        await recordAudit(trx, { project, actor, action: "credentials.replaced", identityId: id });
      }
    }),
  );
  log.info({ identity: id, project, credentials: credentialsChange }, "identity updated");
  return await getIdentity(kysely, project, id);
}

/** See `Identities.remove`. */
export async function removeIdentity(
  { kysely, log }: Deps,
  { project, id, actor }: { project: string; id: string; actor: Actor },
): Promise<void> {
  await kysely.transaction().execute(async (trx) => {
    const { numDeletedRows } = await trx
      .deleteFrom("identities")
      .where("project", "=", project)
      .where("id", "=", isUuid(id) ? id : null)
      .executeTakeFirst();
    if (numDeletedRows === 0n) throw unknownIdentity(project, id);
    await recordAudit(trx, { project, actor, action: "identity.removed", identityId: id });
  });
  log.info({ identity: id, project }, "identity removed");
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

async function assertApplication(trx: Transaction<Tables>, project: string, id: string): Promise<void> {
  const found = await trx
    .selectFrom("applications")
    .select("id")
    .where("project", "=", project)
    .where("id", "=", id)
    .forKeyShare()
    .executeTakeFirst();
  if (found === undefined) throw new Failure("not_found", `There is no application ${id}.`);
}

function unknownIdentity(project: string, idOrName: string): Failure {
  return new Failure("unknown_identity", `Project "${project}" has no identity "${idOrName}".`);
}
