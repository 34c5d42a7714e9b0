import type { ProviderIdentity } from "../../browser/providers/provider-identities.ts";
import { Failure } from "../../failure.ts";
import { isUuid } from "../../identity/identity-input.ts";
import { type SitedIdentity, withSite } from "../../identity/site-of.ts";
import { untilAborted } from "../../until-aborted.ts";
import type { RunContext } from "./run-context.ts";

export interface FoundIdentity {
  identity: SitedIdentity;
  /** Whether it is recorded here; else only its provider has it. */
  isStored: boolean;
}

/**
 * The identity a job names: by its id or name here, by the id that its provider has for it, or, for jobs of the
 * project that such identities belong to, one that only the provider has.
 * @throws Failure `unknown_identity`, `no_site`; of asking the provider
 */
export async function findIdentity({ id, job, deps, signal }: RunContext): Promise<FoundIdentity> {
  const { project, identityId, provider } = job;
  try {
    return { identity: withSite(await deps.identities.getForRun(project, identityId, id)), isStored: true };
  } catch (error) {
    const identities = deps.providers?.identitiesAt(provider);
    const isElsewhere = error instanceof Failure && error.code === "unknown_identity" && isUuid(identityId);
    if (!isElsewhere || identities === undefined) throw error;
    const recorded = await deps.identities.getByProviderId(project, identityId);
    if (recorded !== undefined) return { identity: withSite(recorded), isStored: true };
    if (project !== deps.providers?.project) throw error;
    const found = await untilAborted(signal, () => identities.get(identityId, signal));
    return { identity: asIdentity(found, project), isStored: false };
  }
}

/** As if it were recorded here, with nothing known about it yet. */
function asIdentity({ id, name, sourceUrl, metadata }: ProviderIdentity, project: string): SitedIdentity {
  const now = new Date();
  return {
    id,
    project,
    name,
    displayName: null,
    applicationId: null,
    sourceUrl,
    allowedDomains: [],
    maxSessions: null,
    state: "active",
    stateChangedAt: now,
    traits: {},
    loginName: null,
    identifiers: [],
    addresses: [],
    metadata,
    metadataAdmin: null,
    externalId: null,
    firstSeen: null,
    lastSeen: null,
    provider: null,
    providerIdentityId: id,
    proxyServer: null,
    status: "pending",
    statusReason: null,
    statusAt: now,
    credentials: [],
    credentialTimes: {},
    credentialsVersion: 1,
    stateCapturedAt: null,
    healthChecks: false,
    saveSessions: false,
    autoReauthenticate: true,
    lastLogin: null,
    standsFor: null,
    health: {
      state: "unknown",
      reason: "Only its provider has it.",
      code: null,
      since: null,
      seenAt: null,
      runId: null,
      note: null,
      noteAt: null,
      lapsesAt: null,
    },
    createdAt: now,
    updatedAt: now,
  };
}
