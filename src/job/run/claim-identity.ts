import type { ProviderIdentities } from "../../browser/providers/provider-identities.ts";
import { Failure } from "../../failure.ts";
import type { Lease } from "../../identity/leases/leases.ts";
import { assertActive, type SitedIdentity } from "../../identity/site-of.ts";
import type { Identity } from "../../identity/types.ts";
import type { Site } from "../../login/site.ts";
import { findIdentity } from "./find-identity.ts";
import { createNoRecord, type IdentityRecord } from "./identity-record.ts";
import type { RunContext } from "./run-context.ts";

/** Who a run is, on which site, and its hold on one of the identity's sessions. */
export interface Claim {
  identity: SitedIdentity;
  /** Whether it is recorded here; else only its provider has it. */
  isStored: boolean;
  record: IdentityRecord;
  /** Where its sessions come from; undefined leaves it to the configuration. */
  provider: string | undefined;
  /** Set where that provider keeps identities itself, and this one among them. */
  atProvider: HeldByProvider | undefined;
  site: Site | undefined;
  lease: Lease;
}

/** An identity that a provider keeps, and opens sessions signed in as. */
export interface HeldByProvider {
  /** The provider's id for it. */
  id: string;
  identities: ProviderIdentities;
}

/**
 * Finds the identity and takes one of its sessions for this run.
 * @throws Failure `unknown_identity`, `no_site`, `identity_inactive`, `identity_failed`, `identity_busy`; of asking the provider for it
 */
export async function claimIdentity(run: RunContext): Promise<Claim> {
  const { job, deps } = run;
  const { identity, isStored } = await findIdentity(run);
  assertActive(identity);
  // Only a person's fresh attempt may try refused credentials again: anything else could lock the account.
  if (identity.status === "failed" && !run.fresh) {
    const reason = identity.statusReason === null ? "" : ` (${identity.statusReason})`;
    throw new Failure(
      "identity_failed",
      `The identity "${identity.name}" has failed${reason}; nothing was tried.`,
    );
  }
  await takeScheduleTurn(run, identity.id);
  const site = deps.catalogue.siteFor(identity.sourceUrl);
  const slots = identity.maxSessions ?? site?.sessionsPerIdentity ?? 1;
  const name = sessionLease(accountOf(identity));
  const lease =
    deps.whenBusy === "wait"
      ? await deps.leases.acquire(name, { slots, signal: run.signal })
      : await deps.leases.tryAcquire(name, slots);
  if (lease === null)
    throw new Failure("identity_busy", `The identity "${identity.name}" is held by another run.`);
  run.resources.use(lease);
  // While it waited, somebody may have switched the identity off.
  if (deps.whenBusy === "wait" && isStored) assertActive((await findIdentity(run)).identity);
  deps.log.info({ flow: job.flow, identity: identity.id }, "run has its identity");
  run.follow(lease.lost);
  if (isStored) run.claimed = identity;
  const record = isStored ? deps.identities : createNoRecord();
  return { identity, isStored, record, ...providerOf(run, identity), site, lease };
}

/** The job says where from, else the identity, else the configuration. */
function providerOf(
  { job, deps }: RunContext,
  identity: SitedIdentity,
): Pick<Claim, "provider" | "atProvider"> {
  const provider = job.provider ?? identity.provider ?? undefined;
  const { providerIdentityId: id } = identity;
  const identities = id === null ? undefined : deps.providers?.identitiesAt(provider);
  return {
    provider,
    atProvider: id === null || identities === undefined ? undefined : { id, identities },
  };
}

/** Runs of one schedule go one after another, also where the identity may hold several sessions. */
async function takeScheduleTurn({ job, deps, resources, signal, follow }: RunContext, identityId: string) {
  if (job.scheduleId === undefined) return;
  const name = `schedule:${job.scheduleId}:${identityId}`;
  const turn =
    deps.whenBusy === "wait"
      ? await deps.leases.acquire(name, { signal })
      : await deps.leases.tryAcquire(name);
  if (turn === null) throw new Failure("identity_busy", "The schedule's run before this one is still going.");
  resources.use(turn);
  follow(turn.lost);
}

/** The identity whose account at the site it is: a half-made one counts as the one that it stands for. */
export const accountOf = ({ id, standsFor }: Pick<Identity, "id" | "standsFor">): string => standsFor ?? id;

/** Names the lease that limits an identity's open sessions. */
export const sessionLease = (identityId: string): string => `session:${identityId}`;

/** Names the lease that lets one login of an identity happen at a time, on all machines. */
export const loginLease = (identityId: string): string => `login:${identityId}`;
