import { sql, type Transaction } from "kysely";
import type { z } from "zod";
import type { Tables } from "../../database/tables.ts";
import { Failure } from "../../failure.ts";
import type { Application } from "../applications/application-rows.ts";
import { recordAudit } from "../audit.ts";
import { withConflicts } from "../conflicts.ts";
import { removeCredentials, storeCredentials } from "../credentials/credentials.ts";
import { withHeldUsername } from "../credentials/held-username.ts";
import { moveIdentifiers } from "../identifiers.ts";
import { check, type IdentityPatch, identityPatchSchema, isUuid } from "../identity-input.ts";
import type { Actor, Identity, JsonObject } from "../types.ts";
import type { WriteDeps } from "./create-identity.ts";
import { columnsOf } from "./identity-columns.ts";
import { getIdentity, unknownIdentity } from "./identity-records.ts";
import { type ReadTraits, readTraits } from "./identity-traits.ts";
import { applicationOf, assertUsable, clashOf } from "./place-identity.ts";
import { writeTraits } from "./write-traits.ts";

/** What to change; as a function, of the identity as it is when nobody else can change it any more. */
export type IdentityChange = IdentityPatch | ((before: Identity) => IdentityPatch);

type Fields = z.output<typeof identityPatchSchema>;

/** See `Identities.update`. */
export async function updateIdentity(
  deps: WriteDeps,
  { project, id, change, actor }: { project: string; id: string; change: IdentityChange; actor: Actor },
): Promise<Identity> {
  const { kysely, keyring, log } = deps;
  // What is wrong with it by itself is told before anything is locked.
  let fields = typeof change === "function" ? {} : check(identityPatchSchema, "change", change);
  let credentialsChange = false;
  const clashes = { unique: (constraint: string | undefined) => clashOf(constraint, fields) };
  const changed = await withConflicts(clashes, () =>
    kysely.transaction().execute(async (trx) => {
      const { before, locked } = await lockIdentity(trx, {
        project,
        id,
        applicationId: fields.applicationId,
      });
      if (typeof change === "function")
        fields = check(identityPatchSchema, "change", change(await getIdentity(trx, project, before.id)));
      const removedTypes = fields.removeCredentials ?? [];
      const key = () => keyring.unwrap(before.id, { dataKey: before.data_key, keyId: before.key_id });
      const newCredentials = removedTypes.includes("username_password")
        ? (fields.credentials ?? [])
        : await withHeldUsername(trx, { id: before.id, key }, fields.credentials ?? []);
      credentialsChange = newCredentials.length > 0 || removedTypes.length > 0;
      const { applicationId, read } = await traitsAfter(deps, trx, { project, fields, before, locked });
      const loginName = read === undefined ? before.login_name : read.loginName;
      assertUsable(newCredentials, loginName);
      const moves = applicationId !== before.application_id;
      // Somebody else, or somewhere else: what was proved and saved before no longer stands.
      const starts =
        credentialsChange ||
        loginName !== before.login_name ||
        (fields.sourceUrl === undefined ? before.source_url : fields.sourceUrl) !== before.source_url ||
        (before.source_url === null && moves);
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
        .where("id", "=", before.id)
        .execute();
      if (read !== undefined && applicationId !== null)
        await writeTraits(trx, { id: before.id, applicationId }, read, fields.addresses);
      if (moves) await moveIdentifiers(trx, { id: before.id, applicationId });
      if (removedTypes.length > 0) await removeCredentials(trx, before.id, removedTypes);
      if (newCredentials.length > 0)
        await storeCredentials(trx, { id: before.id, key: key(), applicationId }, newCredentials);
      if (starts) await trx.deleteFrom("saved_states").where("identity_id", "=", before.id).execute();
      const entry = { project, actor, identityId: before.id };
      await recordAudit(trx, { ...entry, action: "identity.updated" });
      if (credentialsChange) await recordAudit(trx, { ...entry, action: "credentials.replaced" });
      return before.id;
    }),
  );
  log.info({ identity: changed, project, credentials: credentialsChange }, "identity updated");
  return await getIdentity(kysely, project, changed);
}

type Before = Awaited<ReturnType<typeof readLocked>>;

/**
 * Nobody changes the identity until the transaction ends. Applications are locked before identities, here as wherever
 * an application is changed or removed: the other way round two would wait for each other.
 */
async function lockIdentity(
  trx: Transaction<Tables>,
  { project, id, applicationId }: { project: string; id: string; applicationId: string | null | undefined },
): Promise<{ before: NonNullable<Before>; locked: Map<string, Application> }> {
  const place = await trx
    .selectFrom("identities")
    .select(["id", "application_id"])
    .where("project", "=", project)
    .where("id", "=", isUuid(id) ? id : null)
    .where("visit_id", "is", null)
    .executeTakeFirst();
  if (place === undefined) throw unknownIdentity(project, id);
  const locked = new Map<string, Application>();
  const wanted = [place.application_id, applicationId].filter((one) => one != null);
  for (const one of [...new Set(wanted)].toSorted()) locked.set(one, await applicationOf(trx, project, one));
  const before = await readLocked(trx, place.id);
  if (before === undefined) throw unknownIdentity(project, id);
  if (before.application_id !== place.application_id)
    throw new Failure("conflict", "The identity was moved to another application just now: try again.", {
      retryable: true,
    });
  return { before, locked };
}

function readLocked(trx: Transaction<Tables>, id: string) {
  return trx
    .selectFrom("identities")
    .select(["id", "application_id", "source_url", "login_name", "traits", "state", "data_key", "key_id"])
    .where("id", "=", id)
    .where("visit_id", "is", null)
    .forNoKeyUpdate()
    .executeTakeFirst();
}

/** The application and, where they or their schema change, the traits of an identity after a change. */
async function traitsAfter(
  { schemas }: WriteDeps,
  trx: Transaction<Tables>,
  {
    project,
    fields,
    before,
    locked,
  }: {
    project: string;
    fields: Fields;
    before: { application_id: string | null; source_url: string | null; traits: JsonObject };
    locked: ReadonlyMap<string, Application>;
  },
): Promise<{ applicationId: string | null; read: ReadTraits | undefined }> {
  const applicationId = fields.applicationId === undefined ? before.application_id : fields.applicationId;
  const application =
    applicationId === null
      ? undefined
      : (locked.get(applicationId) ?? (await applicationOf(trx, project, applicationId)));
  const isLookedAt = applicationId !== before.application_id || fields.addresses !== undefined;
  const traits = fields.traits ?? (isLookedAt ? before.traits : undefined);
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
