import { sql } from "kysely";
import type { z } from "zod";
import type { identityPatchSchema } from "../identity-input.ts";
import type { Identity } from "../types.ts";

/** What a change writes into an identity's own columns; what it leaves out stays. */
export function columnsOf(fields: z.output<typeof identityPatchSchema>, before: Pick<Identity, "state">) {
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
