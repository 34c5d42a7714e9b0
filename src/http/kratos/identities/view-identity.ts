import type { FastifyRequest } from "fastify";
import { z } from "zod";
import type { Config } from "../../../config.ts";
import type { Address, Identity } from "../../../identity/types.ts";
import type { Caller } from "../../api-keys/key-check.ts";
import { includesScope } from "../../api-keys/scopes.ts";
import { publicUrl } from "../../public-url.ts";
import { encodeSchemaId } from "../schema-id.ts";
import { credentialNames, type ShownCredentials } from "./view-credentials.ts";

const timeSchema = z.iso.datetime();
const addressFields = {
  id: z.uuid(),
  value: z.string(),
  via: z.enum(["email", "sms"]),
  created_at: timeSchema,
  updated_at: timeSchema,
};

export const shownIdentitySchema = z
  .object({
    id: z.uuid(),
    credentials: z
      .partialRecord(
        z.enum(credentialNames),
        z.object({
          type: z.enum(credentialNames),
          identifiers: z.array(z.string()),
          version: z.int(),
          created_at: timeSchema,
          updated_at: timeSchema,
          config: z.unknown().optional(),
        }),
      )
      .optional(),
    schema_id: z.string(),
    schema_url: z.url(),
    state: z.enum(["active", "inactive"]),
    state_changed_at: timeSchema,
    traits: z.unknown(),
    verifiable_addresses: z
      .array(
        z.object({
          ...addressFields,
          verified: z.boolean(),
          status: z.enum(["pending", "sent", "completed"]),
          verified_at: timeSchema.optional(),
        }),
      )
      .optional(),
    recovery_addresses: z.array(z.object(addressFields)).optional(),
    metadata_public: z.unknown(),
    metadata_admin: z.unknown().optional(),
    created_at: timeSchema,
    updated_at: timeSchema,
    external_id: z.string().optional(),
    organization_id: z.null(),
  })
  .meta({ id: "KratosIdentity" });

export type ShownIdentity = z.input<typeof shownIdentitySchema>;

export interface ViewOptions {
  schemaId: string;
  at: { request: FastifyRequest; config: Pick<Config, "publicUrl"> };
  /** Left out where there are none, and from plain lists. */
  credentials?: ShownCredentials;
  /** Kratos leaves admin metadata that was never set out of its answer to a creation, and tells null later. */
  isNew?: boolean;
}

/** An identity as Kratos's clients know one. */
export function viewIdentity(
  identity: Identity,
  { schemaId, at, credentials = {}, isNew = false }: ViewOptions,
): ShownIdentity {
  const { metadataAdmin, externalId } = identity;
  const ofPurpose = (purpose: Address["purpose"]) =>
    identity.addresses.filter((address) => address.purpose === purpose);
  const verifiable = ofPurpose("verification");
  const recovery = ofPurpose("recovery");
  return {
    id: identity.id,
    ...(Object.keys(credentials).length === 0 ? {} : { credentials }),
    schema_id: schemaId,
    schema_url: publicUrl(`/schemas/${encodeSchemaId(schemaId)}`, at).href,
    state: identity.state,
    state_changed_at: identity.stateChangedAt.toISOString(),
    traits: identity.traits,
    ...(verifiable.length === 0 ? {} : { verifiable_addresses: verifiable.map(viewVerifiable) }),
    ...(recovery.length === 0 ? {} : { recovery_addresses: recovery.map(viewRecovery) }),
    metadata_public: identity.metadata,
    ...(isNew && metadataAdmin === null ? {} : { metadata_admin: metadataAdmin }),
    created_at: identity.createdAt.toISOString(),
    updated_at: identity.updatedAt.toISOString(),
    ...(externalId === null ? {} : { external_id: externalId }),
    organization_id: null,
  };
}

/** As a key of this scope may see it: what Kratos's administrators note for themselves is for those who administer. */
export function asSeenBy({ scope }: Pick<Caller, "scope">, shown: ShownIdentity): ShownIdentity {
  if (includesScope(scope, "admin")) return shown;
  const { metadata_admin: _, ...rest } = shown;
  return rest;
}

function viewVerifiable(address: Address) {
  const { id, value, verified, via, status, verifiedAt, createdAt, updatedAt } = address;
  return {
    id,
    value,
    verified,
    via,
    status,
    ...(verifiedAt === null ? {} : { verified_at: verifiedAt.toISOString() }),
    created_at: createdAt.toISOString(),
    updated_at: updatedAt.toISOString(),
  };
}

function viewRecovery({ id, value, via, createdAt, updatedAt }: Address) {
  return { id, value, via, created_at: createdAt.toISOString(), updated_at: updatedAt.toISOString() };
}
