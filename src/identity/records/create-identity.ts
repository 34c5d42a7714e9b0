import { randomUUIDv7 } from "node:crypto";
import type { Kysely, Transaction } from "kysely";
import type { z } from "zod";
import type { Tables } from "../../database/tables.ts";
import { Failure } from "../../failure.ts";
import type { Logger } from "../../log.ts";
import type { Application } from "../applications/application-rows.ts";
import type { TraitsSchemas } from "../applications/schema-of.ts";
import { recordAudit } from "../audit.ts";
import { withConflicts } from "../conflicts.ts";
import { storeCredentials } from "../credentials/credentials.ts";
import { check, type NewIdentity, newIdentitySchema } from "../identity-input.ts";
import type { Keyring } from "../sealing/keyring.ts";
import type { Actor, Identity } from "../types.ts";
import { firstFree, namesFor } from "./identity-names.ts";
import { getIdentity } from "./identity-records.ts";
import { requestedBefore } from "./identity-requests.ts";
import { readTraits } from "./identity-traits.ts";
import { applicationOf, assertUsable, clashOf } from "./place-identity.ts";
import { writeTraits } from "./write-traits.ts";

export interface WriteDeps {
  kysely: Kysely<Tables>;
  keyring: Keyring;
  schemas: TraitsSchemas;
  log: Logger;
}

/** See `Identities.create`. */
export async function createIdentity(
  deps: WriteDeps,
  { project, input, actor }: { project: string; input: NewIdentity; actor: Actor },
): Promise<Identity> {
  const { kysely, log } = deps;
  const fields = check(newIdentitySchema, "identity", input);
  const id = randomUUIDv7();
  const known = await withConflicts(
    {
      unique: (constraint) => clashOf(constraint, fields),
      reference: (constraint) =>
        constraint === "identities_auth_flow_id_fkey"
          ? `There is no auth flow ${fields.authFlowId}.`
          : `There is no project "${project}".`,
    },
    () =>
      kysely.transaction().execute(async (trx) => {
        if (fields.idempotency !== undefined) {
          const before = await requestedBefore(trx, { project, id, ...fields.idempotency });
          if (before !== undefined) return before;
        }
        const application =
          fields.applicationId == null ? undefined : await applicationOf(trx, project, fields.applicationId);
        await insert(deps, trx, { id, project, fields, application });
        await recordAudit(trx, { project, actor, action: "identity.created", identityId: id });
        return undefined;
      }),
  );
  if (known === undefined) log.info({ identity: id, project }, "identity created");
  return await getIdentity(kysely, project, known ?? id);
}

async function insert(
  { keyring, schemas }: WriteDeps,
  trx: Transaction<Tables>,
  {
    id,
    project,
    fields,
    application,
  }: {
    id: string;
    project: string;
    fields: z.output<typeof newIdentitySchema>;
    application: Application | undefined;
  },
): Promise<void> {
  if (application === undefined && fields.sourceUrl == null)
    throw new Failure(
      "invalid_argument",
      "The identity is not usable.\n  sourceUrl: is missing, and there is no application whose URL could be meant",
    );
  if (application === undefined && fields.traits !== undefined)
    throw new Failure(
      "invalid_argument",
      "The identity is not usable.\n  traits: need an application, whose schema they follow",
    );
  const read =
    application === undefined || fields.traits === undefined
      ? undefined
      : readTraits(schemas, application, fields.traits);
  const loginName = read?.loginName ?? null;
  assertUsable(fields.credentials, loginName);
  const names = namesFor(id, fields, application);
  const [last] = names.slice(-1);
  const name = (await firstFree(trx, project, names.slice(0, -1))) ?? last ?? id;
  const { key, wrapped } = keyring.newDataKey(id);
  await trx
    .insertInto("identities")
    .values({
      id,
      project,
      name,
      display_name: fields.displayName ?? null,
      application_id: fields.applicationId ?? null,
      auth_flow_id: fields.authFlowId ?? null,
      source_url: fields.sourceUrl ?? null,
      allowed_domains: JSON.stringify(fields.allowedDomains ?? []),
      max_sessions: fields.maxSessions ?? null,
      state: fields.state ?? "active",
      traits: JSON.stringify(fields.traits ?? {}),
      login_name: loginName,
      metadata: jsonOf(fields.metadata),
      metadata_admin: jsonOf(fields.metadataAdmin),
      external_id: fields.externalId ?? null,
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
  if (application !== undefined && read !== undefined)
    await writeTraits(trx, { id, applicationId: application.id }, read, fields.addresses);
  await storeCredentials(trx, { id, key, applicationId: application?.id ?? null }, fields.credentials);
}

const jsonOf = (value: object | null | undefined) => (value == null ? null : JSON.stringify(value));
