import type { ProviderIdentity } from "../../browser/providers/provider-identities.ts";
import { Failure } from "../../failure.ts";
import { isUuid } from "../../identity/identity-input.ts";
import type { Identity } from "../../identity/types.ts";
import { untilAborted } from "../../until-aborted.ts";
import type { RunContext } from "./run-context.ts";

export interface FoundIdentity {
  identity: Identity;
  /** Whether it is recorded here; else only its provider has it. */
  isStored: boolean;
}

/**
 * The identity a job names: by its id or name here, by the id that its provider has for it, or, for jobs of the
 * project that such identities belong to, one that only the provider has.
 * @throws Failure `unknown_identity`; of asking the provider
 */
export async function findIdentity({ job, deps, signal }: RunContext): Promise<FoundIdentity> {
  const { project, identityId, provider } = job;
  try {
    return { identity: await deps.identities.get(project, identityId), isStored: true };
  } catch (error) {
    const identities = deps.providers?.identitiesAt(provider);
    const isElsewhere = error instanceof Failure && error.code === "unknown_identity" && isUuid(identityId);
    if (!isElsewhere || identities === undefined) throw error;
    const recorded = await deps.identities.getByProviderId(project, identityId);
    if (recorded !== undefined) return { identity: recorded, isStored: true };
    if (project !== deps.providers?.project) throw error;
    const found = await untilAborted(signal, () => identities.get(identityId, signal));
    return { identity: asIdentity(found, project), isStored: false };
  }
}

/** As if it were recorded here, with nothing known about it yet. */
function asIdentity({ id, name, sourceUrl, metadata }: ProviderIdentity, project: string): Identity {
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
    metadata,
    provider: null,
    providerIdentityId: id,
    proxyServer: null,
    status: "pending",
    statusReason: null,
    statusAt: now,
    credentials: [],
    credentialsVersion: 1,
    stateCapturedAt: null,
    healthChecks: false,
    saveSessions: false,
    autoReauthenticate: true,
    lastLogin: null,
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
