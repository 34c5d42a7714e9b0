import { type Kysely, type SelectQueryBuilder, sql } from "kysely";
import type { Tables } from "../../database/tables.ts";
import { currentHealth, type HealthRow } from "../health.ts";
import type {
  Address,
  CredentialSummary,
  CredentialType,
  Identifier,
  Identity,
  IdentityState,
  IdentityStatus,
  JsonObject,
  LastLogin,
  Sighting,
} from "../types.ts";

interface IdentityView {
  id: string;
  project: string;
  name: string;
  display_name: string | null;
  application_id: string | null;
  source_url: string | null;
  allowed_domains: string[];
  application_domains: string[] | null;
  max_sessions: number | null;
  state: IdentityState;
  state_changed_at: Date;
  traits: JsonObject;
  login_name: string | null;
  identifiers: Identifier[];
  addresses: AddressView[];
  metadata: JsonObject | null;
  metadata_admin: JsonObject | null;
  external_id: string | null;
  first_seen: Sighting | null;
  last_seen: Sighting | null;
  provider: string | null;
  provider_identity_id: string | null;
  proxy_server: string | null;
  status: IdentityStatus;
  status_reason: string | null;
  status_at: Date;
  credentials: CredentialSummary[];
  credential_times: { type: CredentialType; created_at: string; updated_at: string }[];
  credentials_version: number;
  state_captured_at: Date | null;
  state_lapses_at: Date | null;
  health_checks: boolean;
  save_sessions: boolean;
  auto_reauthenticate: boolean;
  last_login: LastLogin | null;
  stands_for: string | null;
  health: HealthRow | null;
  created_at: Date;
  updated_at: Date;
}

/** As JSON has it. */
type AddressView = Pick<Address, "id" | "purpose" | "via" | "value" | "verified" | "status"> & {
  verified_at: string | null;
  created_at: string;
  updated_at: string;
};

type From = Tables & { i: Tables["identities"]; a: Tables["applications"]; s: Tables["saved_states"] };

/** Identities with what belongs to them, in one SELECT; nothing sealed is read. Half-made ones are not among them. */
export function selectIdentities(kysely: Kysely<Tables>): SelectQueryBuilder<From, "i", IdentityView> {
  return selectWithHalfMade(kysely).where("i.visit_id", "is", null);
}

/** Those too that are half-made, for a visit to the connect page: they are shown to nobody. */
export function selectWithHalfMade(kysely: Kysely<Tables>): SelectQueryBuilder<From, "i", IdentityView> {
  return kysely
    .selectFrom("identities as i")
    .leftJoin("applications as a", "a.id", "i.application_id")
    .leftJoin("saved_states as s", "s.identity_id", "i.id")
    .select([
      "i.id",
      "i.project",
      "i.name",
      "i.display_name",
      "i.application_id",
      sql<string | null>`coalesce(i.source_url, a.url)`.as("source_url"),
      "i.allowed_domains",
      "a.allowed_domains as application_domains",
      sql<number | null>`coalesce(i.max_sessions, a.max_sessions)`.as("max_sessions"),
      // One that is half-made may be signed in for as long as the one that it stands for.
      sql<IdentityState>`coalesce((select t.state from identities t where t.id = i.stands_for), i.state)`.as(
        "state",
      ),
      "i.state_changed_at",
      "i.traits",
      "i.login_name",
      sql<Identifier[]>`(
        select coalesce(jsonb_agg(jsonb_build_object('kind', k.kind, 'value', k.value) order by k.kind, k.value), '[]')
        from identity_identifiers k where k.identity_id = i.id
      )`.as("identifiers"),
      sql<AddressView[]>`(
        select coalesce(jsonb_agg(to_jsonb(d) order by d.purpose desc, d.created_at, d.value), '[]')
        from identity_addresses d where d.identity_id = i.id
      )`.as("addresses"),
      "i.metadata",
      "i.metadata_admin",
      "i.external_id",
      "i.first_seen",
      "i.last_seen",
      "i.provider",
      "i.provider_identity_id",
      "i.proxy_server",
      "i.status",
      "i.status_reason",
      "i.status_at",
      sql<CredentialSummary[]>`(
        select coalesce(jsonb_agg(c.summary || jsonb_build_object('type', c.type) order by c.type desc), '[]')
        from credentials c where c.identity_id = i.id
      )`.as("credentials"),
      sql<IdentityView["credential_times"]>`(
        select coalesce(jsonb_agg(jsonb_build_object(
          'type', c.type, 'created_at', c.created_at, 'updated_at', c.updated_at
        )), '[]')
        from credentials c where c.identity_id = i.id
      )`.as("credential_times"),
      "i.credentials_version",
      "s.captured_at as state_captured_at",
      "s.lapses_at as state_lapses_at",
      "i.health_checks",
      "i.save_sessions",
      "i.auto_reauthenticate",
      "i.last_login",
      "i.stands_for",
      sql<HealthRow | null>`(
        select to_jsonb(h) from identity_health h where h.identity_id = i.id order by h.id desc limit 1
      )`.as("health"),
      "i.created_at",
      "i.updated_at",
    ]) as unknown as SelectQueryBuilder<From, "i", IdentityView>;
}

export function toIdentity(row: IdentityView): Identity {
  return {
    id: row.id,
    project: row.project,
    name: row.name,
    displayName: row.display_name,
    applicationId: row.application_id,
    sourceUrl: row.source_url,
    allowedDomains: [...new Set([...row.allowed_domains, ...(row.application_domains ?? [])])],
    maxSessions: row.max_sessions,
    state: row.state,
    stateChangedAt: row.state_changed_at,
    traits: row.traits,
    loginName: row.login_name,
    identifiers: row.identifiers,
    addresses: row.addresses.map(toAddress),
    metadata: row.metadata,
    metadataAdmin: row.metadata_admin,
    externalId: row.external_id,
    firstSeen: row.first_seen,
    lastSeen: row.last_seen,
    provider: row.provider,
    providerIdentityId: row.provider_identity_id,
    proxyServer: row.proxy_server,
    status: row.status,
    statusReason: row.status_reason,
    statusAt: row.status_at,
    credentials: row.credentials,
    credentialTimes: Object.fromEntries(
      row.credential_times.map(({ type, created_at, updated_at }) => [
        type,
        { createdAt: new Date(created_at), updatedAt: new Date(updated_at) },
      ]),
    ),
    credentialsVersion: row.credentials_version,
    stateCapturedAt: row.state_captured_at,
    healthChecks: row.health_checks,
    saveSessions: row.save_sessions,
    autoReauthenticate: row.auto_reauthenticate,
    lastLogin: row.last_login,
    standsFor: row.stands_for,
    health: currentHealth(row.health, {
      status: row.status,
      statusReason: row.status_reason,
      statusAt: row.status_at,
      stateCapturedAt: row.state_captured_at,
      stateLapsesAt: row.state_lapses_at,
    }),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

function toAddress({ verified_at, created_at, updated_at, ...address }: AddressView): Address {
  const { id, purpose, via, value, verified, status } = address;
  return {
    id,
    purpose,
    via,
    value,
    verified,
    status,
    verifiedAt: verified_at === null ? null : new Date(verified_at),
    createdAt: new Date(created_at),
    updatedAt: new Date(updated_at),
  };
}
