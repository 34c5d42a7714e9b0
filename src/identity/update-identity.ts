import { sql, type Transaction } from "kysely";
import type { z } from "zod";
import type { Tables } from "../database/tables.ts";
import { Failure } from "../failure.ts";
import { recordAudit } from "./audit.ts";
import { withConflicts } from "./conflicts.ts";
import type { WriteDeps } from "./create-identity.ts";
import { removeCredentials, storeCredentials } from "./credentials.ts";
import { check, type IdentityPatch, identityPatchSchema, isUuid } from "./identity-input.ts";
import { getIdentity, unknownIdentity } from "./identity-records.ts";
import { type ReadTraits, readTraits } from "./identity-traits.ts";
import { applicationOf, assertUsable, clashes } from "./place-identity.ts";
import type { Actor, Identity, JsonObject } from "./types.ts";
import { moveIdentifiers, writeTraits } from "./write-traits.ts";

type Fields = z.output<typeof identityPatchSchema>;

/** See `Identities.update`. */
export async function updateIdentity(
  deps: WriteDeps,
  { project, id, patch, actor }: { project: string; id: string; patch: IdentityPatch; actor: Actor },
): Promise<Identity> {
  const { kysely, keyring, log } = deps;
  const fields = check(identityPatchSchema, "change", patch);
  const newCredentials = fields.credentials ?? [];
  const removedTypes = fields.removeCredentials ?? [];
  const credentialsChange = newCredentials.length > 0 || removedTypes.length > 0;
  await withConflicts(clashes(fields), () =>
    kysely.transaction().execute(async (trx) => {
      const before = await trx
        .selectFrom("identities")
        .select(["application_id", "source_url", "login_name", "traits", "state", "data_key", "key_id"])
        .where("project", "=", project)
        .where("id", "=", isUuid(id) ? id : null)
        .where("visit_id", "is", null)
        .forUpdate()
        .executeTakeFirst();
      if (before === undefined) throw unknownIdentity(project, id);
      const { applicationId, read } = await traitsAfter(deps, trx, { project, fields, before });
      const loginName = read === undefined ? before.login_name : read.loginName;
      assertUsable(newCredentials, loginName);
      // Somebody else, or somewhere else: what was proved and saved before no longer stands.
      const starts =
        credentialsChange ||
        loginName !== before.login_name ||
        (fields.sourceUrl === undefined ? before.source_url : fields.sourceUrl) !== before.source_url ||
        (before.source_url === null && applicationId !== before.application_id);
      await trx
        .updateTable("identities")
        .set({
          ...columnsOf(fields, before),
          ...(read === undefined ? {} : { traits: JSON.stringify(read.traits), login_name: loginName }),
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
      if (applicationId !== null && applicationId !== before.application_id)
        await moveIdentifiers(trx, { id, applicationId });
      if (read !== undefined && applicationId !== null)
        await writeTraits(trx, { id, applicationId }, read, fields.addresses);
      if (removedTypes.length > 0) await removeCredentials(trx, id, removedTypes);
      if (newCredentials.length > 0) {
        const key = keyring.unwrap(id, { dataKey: before.data_key, keyId: before.key_id });
        await storeCredentials(trx, { id, key, applicationId }, newCredentials);
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

/** The application and, where they or their schema change, the traits of an identity after a change. */
async function traitsAfter(
  { schemas }: WriteDeps,
  trx: Transaction<Tables>,
  {
    project,
    fields,
    before,
  }: {
    project: string;
    fields: Fields;
    before: { application_id: string | null; source_url: string | null; traits: JsonObject };
  },
): Promise<{ applicationId: string | null; read: ReadTraits | undefined }> {
  const applicationId = fields.applicationId === undefined ? before.application_id : fields.applicationId;
  const application = applicationId === null ? undefined : await applicationOf(trx, project, applicationId);
  const moves = applicationId !== before.application_id;
  const traits = fields.traits ?? (moves ? before.traits : undefined);
  const sourceUrl = fields.sourceUrl === undefined ? before.source_url : fields.sourceUrl;
  if (application === undefined && sourceUrl === null)
    throw new Failure(
      "invalid_argument",
      "The change is not usable.\n  sourceUrl: is missing, and there is no application whose URL could be meant",
    );
  if (traits === undefined || (fields.traits === undefined && Object.keys(traits).length === 0))
    return { applicationId, read: undefined };
  if (application === undefined)
    throw new Failure(
      "invalid_argument",
      "The change is not usable.\n  traits: need an application, whose schema they follow",
    );
  return { applicationId, read: readTraits(schemas, application, traits) };
}

function columnsOf(fields: Fields, before: { state: Identity["state"] }) {
  const { allowedDomains, metadata, metadataAdmin, state } = fields;
  return {
    // Who names it anew means what is shown, too.
    ...(fields.name === undefined ? {} : { name: fields.name, display_name: null }),
    ...given("display_name", fields.displayName),
    ...given("auth_flow_id", fields.authFlowId),
    ...given("application_id", fields.applicationId),
    ...given("source_url", fields.sourceUrl),
    ...given("allowed_domains", allowedDomains === undefined ? undefined : JSON.stringify(allowedDomains)),
    ...given("max_sessions", fields.maxSessions),
    ...(state === undefined || state === before.state ? {} : { state, state_changed_at: sql<Date>`now()` }),
    ...given("metadata", jsonOf(metadata)),
    ...given("metadata_admin", jsonOf(metadataAdmin)),
    ...given("external_id", fields.externalId),
    ...given("provider", fields.provider),
    ...given("provider_identity_id", fields.providerIdentityId),
    ...given("proxy_server", fields.proxyServer),
    ...given("health_checks", fields.healthChecks),
    ...given("save_sessions", fields.saveSessions),
    ...given("auto_reauthenticate", fields.autoReauthenticate),
  };
}

/** A column to be written, where there is something to write; null is something. */
function given<Name extends string, T>(name: Name, value: T | undefined): { [column in Name]?: T } {
  return value === undefined ? {} : ({ [name]: value } as { [column in Name]?: T });
}

const jsonOf = (value: object | null | undefined) => (value == null ? value : JSON.stringify(value));
