import type { Database } from "../database/open.ts";
import type { Logger } from "../log.ts";
import type { Redactor } from "../redact.ts";
import {
  identitiesOfApplication,
  type ListedFilter,
  type ListedIdentity,
} from "./applications/identities-of-application.ts";
import { createTraitsSchemas } from "./applications/schema-of.ts";
import { type AuditEntry, listAudit } from "./audit.ts";
import { revealCredentials } from "./credentials/credentials.ts";
import { savePasskeyCounter } from "./credentials/passkey-counter.ts";
import { claimTimeStep, lastTimeStep } from "./credentials/time-steps.ts";
import { type Finding, type HealthEntry, healthHistory, recordHealth } from "./health.ts";
import type { NewIdentity } from "./identity-input.ts";
import { anothersAddresses, sharesMailServer } from "./records/anothers-addresses.ts";
import { createIdentity } from "./records/create-identity.ts";
import { getDeleted } from "./records/deleted-identities.ts";
import { emailAddresses } from "./records/email-addresses.ts";
import {
  getByExternalId,
  getByProviderId,
  getForRun,
  getIdentity,
  setStatus,
} from "./records/identity-records.ts";
import { type IdentityFilter, type IdentityPage, listIdentities } from "./records/list-identities.ts";
import { noteSeen } from "./records/note-seen.ts";
import {
  countIdentities,
  identitiesOfPool,
  type PageQuery,
  type PoolQuery,
  pageIdentities,
} from "./records/page-identities.ts";
import { removeIdentity } from "./records/remove-identity.ts";
import { type IdentityChange, updateIdentity } from "./records/update-identity.ts";
import type { Keyring } from "./sealing/keyring.ts";
import { clearState, type LoadedState, loadState, saveState } from "./states/saved-states.ts";
import type {
  Actor,
  DeletedIdentity,
  Fence,
  Identity,
  IdentityStatus,
  LastLogin,
  RevealedCredentials,
  SavedState,
  Sighting,
} from "./types.ts";

/** The identities and their secrets. Queries per call are noted where a run pays for them. */
export interface Identities {
  /**
   * With `idempotency`, a request that comes again with its key within 24 hours is the identity it made.
   * @throws Failure `invalid_argument` and `invalid_traits` listing every fault; `conflict`, also for a key that was used
   * with another fingerprint; `not_found` for the application or project
   */
  create(project: string, input: NewIdentity, actor: Actor): Promise<Identity>;
  /** By id or name; 1 query. @throws Failure `unknown_identity` */
  get(project: string, idOrName: string): Promise<Identity>;
  /**
   * As `get`, for a run. The run of a visit to the connect page is the visit's half-made identity, which nobody else is
   * shown: also where it names the identity that it stands for. 1 query. @throws Failure `unknown_identity`
   */
  getForRun(project: string, idOrName: string, runId: string): Promise<Identity>;
  /** The first that has this id at its provider; 1 query. */
  getByProviderId(project: string, providerIdentityId: string): Promise<Identity | undefined>;
  /** 1 query. @throws Failure `unknown_identity` */
  getByExternalId(project: string, externalId: string): Promise<Identity>;
  /** What is left of one that was removed during the last 30 days. 1 query. */
  getDeleted(project: string, id: string): Promise<DeletedIdentity | undefined>;
  /** In the order of ids, which is nearly that of their making. 1 query. */
  page(project: string, query: PageQuery): Promise<{ items: Identity[]; hasMore: boolean }>;
  count(project: string, query?: Pick<PageQuery, "ids" | "identifier">): Promise<number>;
  /** A stretch of an application's, and how many it has in all. 2 queries. */
  ofPool(project: string, query: PoolQuery): Promise<{ items: Identity[]; total: number }>;
  /** In the order of names. */
  list(project: string, filter?: IdentityFilter): Promise<IdentityPage>;
  /** All of an application's, in the order they were made; none where there is no such application. 1 query. */
  ofApplication(project: string, applicationId: string, filter?: ListedFilter): Promise<ListedIdentity[]>;
  /**
   * A change may be a function of the identity as it is then, so that nothing others change meanwhile is lost.
   * Changed credentials, a changed login name or source URL make it `pending` and clear its saved state.
   * @throws Failure `invalid_argument`, `invalid_traits`, `unknown_identity`, `conflict`, `not_found`
   */
  update(project: string, id: string, change: IdentityChange, actor: Actor): Promise<Identity>;
  /** With its credentials and saved state; the audit stays, and what `getDeleted` gives. @throws Failure `unknown_identity` */
  remove(project: string, id: string, actor: Actor): Promise<void>;
  /**
   * `reason` is our own text or a failure code. Give `Identity.credentialsVersion` as the run read it, and what the run
   * found out about credentials that were replaced meanwhile is not held against the new ones: then false. 1 query.
   * @throws Failure `lease_lost`, `unknown_identity`
   */
  setStatus(
    id: string,
    status: IdentityStatus,
    reason: string | null,
    fence?: Fence,
    credentialsVersion?: number,
  ): Promise<boolean>;
  /** Notes how a login went, unless the credentials it used were replaced meanwhile. 1 query. */
  noteLogin(id: string, login: Omit<LastLogin, "at">, credentialsVersion: number): Promise<void>;
  /**
   * Somebody was seen as it: the first sighting stays the first, a later one becomes the last. Nothing is noted of one
   * that is gone. 1 query, which does not wait for the disk.
   */
  noteSeen(id: string, sighting: Sighting): Promise<void>;
  /** Writes down what a look at it found, unless its credentials were replaced meanwhile. 1 query when it is as before. */
  recordHealth(
    id: string,
    finding: Finding,
    look: { runId: string; credentialsVersion: number },
  ): Promise<void>;
  /** What it was found to be, newest first. @throws Failure `unknown_identity` */
  healthHistory(project: string, id: string, limit?: number): Promise<HealthEntry[]>;
  /**
   * Leaves an audit entry; 1 query. With `toSignIn`, they are about to be given to the site.
   * @throws Failure `unknown_identity`, `key_unavailable`; `identity_inactive` with `toSignIn`
   */
  revealCredentials(id: string, actor: Actor, options?: { toSignIn?: boolean }): Promise<RevealedCredentials>;
  /**
   * Where it can be e-mailed, as its traits have it, in lower case: the one that its site most likely writes to first.
   * None where they name none; 1 query.
   */
  emailAddresses(id: string): Promise<string[]>;
  /**
   * Those of the e-mail addresses that the traits of another identity of its project name, as `comparableAddress` has
   * them; 1 query, by indexes.
   */
  anothersAddresses(id: string, addresses: readonly string[]): Promise<Set<string>>;
  /** Whether another identity of its project has a mailbox on a server of this name; 1 query. */
  sharesMailServer(id: string, host: string): Promise<boolean>;
  /** 1 query. */
  lastTimeStep(id: string): Promise<bigint | null>;
  /** Whether the step is now ours to use; 1 query. */
  claimTimeStep(id: string, step: bigint | number): Promise<boolean>;
  /**
   * Keeps a passkey's signature counter with it, sealed; never lowers it. It raises no version: the credential is the
   * same. Nothing is written when `credentialsVersion` is given and no longer the identity's: then false.
   * @throws Failure `key_unavailable`
   */
  savePasskeyCounter(id: string, signCount: number, credentialsVersion?: number): Promise<boolean>;
  /** 1 query. @throws Failure `key_unavailable` */
  loadState(id: string): Promise<LoadedState | null>;
  /**
   * Replaces, never merges; 2 queries. Given `Identity.credentialsVersion` as the run read it, a state that was signed
   * in with credentials replaced meanwhile is not kept: then false. Nor is one that was forgotten on request meanwhile.
   * @throws Failure `lease_lost` (nothing is written), `unknown_identity`
   */
  saveState(id: string, state: SavedState, fence: Fence, credentialsVersion?: number): Promise<boolean>;
  /** 1 query. @throws Failure `lease_lost` */
  clearState(id: string, fence?: Fence): Promise<void>;
  /** Who read or changed it, newest first. */
  audit(project: string, id: string, limit?: number): Promise<AuditEntry[]>;
}

export interface IdentitiesOptions {
  db: Database;
  keyring: Keyring;
  /** Learns every secret that is revealed. */
  redactor?: Redactor;
  log: Logger;
}

export function createIdentities({ db: { kysely }, keyring, redactor, log }: IdentitiesOptions): Identities {
  const deps = { kysely, keyring, redactor, log, schemas: createTraitsSchemas() };
  return {
    create: (project, input, actor) => createIdentity(deps, { project, input, actor }),
    get: (project, idOrName) => getIdentity(kysely, project, idOrName),
    getForRun: (project, idOrName, runId) => getForRun(kysely, { project, idOrName, runId }),
    getByProviderId: (project, id) => getByProviderId(kysely, project, id),
    getByExternalId: (project, externalId) => getByExternalId(kysely, project, externalId),
    getDeleted: (project, id) => getDeleted(kysely, project, id),
    page: (project, query) => pageIdentities(kysely, project, query),
    count: (project, query = {}) => countIdentities(kysely, project, query),
    ofPool: (project, query) => identitiesOfPool(kysely, project, query),
    list: (project, filter = {}) => listIdentities(kysely, project, filter),
    ofApplication: (project, applicationId, filter = {}) =>
      identitiesOfApplication(kysely, { project, applicationId, ...filter }),
    update: (project, id, change, actor) => updateIdentity(deps, { project, id, change, actor }),
    remove: (project, id, actor) => removeIdentity(deps, { project, id, actor }),
    setStatus: (id, status, reason, fence, credentialsVersion) =>
      setStatus(kysely, { id, status, reason, fence, credentialsVersion }),
    revealCredentials: (id, actor, options) => revealCredentials(deps, id, actor, options),
    emailAddresses: (id) => emailAddresses(kysely, id),
    anothersAddresses: (id, addresses) => anothersAddresses(kysely, { id, addresses }),
    sharesMailServer: (id, host) => sharesMailServer(kysely, { id, host }),
    lastTimeStep: (id) => lastTimeStep(kysely, id),
    claimTimeStep: (id, step) => claimTimeStep(kysely, id, step),
    savePasskeyCounter: (identityId, signCount, credentialsVersion) =>
      savePasskeyCounter(deps, { identityId, signCount, credentialsVersion }),
    async noteLogin(id, login, credentialsVersion) {
      await kysely
        .updateTable("identities")
        .set({ last_login: JSON.stringify({ at: new Date().toISOString(), ...login }) })
        .where("id", "=", id)
        .where("credentials_version", "=", credentialsVersion)
        .execute();
    },
    noteSeen: (id, sighting) => noteSeen(kysely, { id, sighting, isFlushed: false }),
    recordHealth: (id, finding, look) => recordHealth(kysely, { id, finding, ...look }),
    async healthHistory(project, id, limit) {
      const identity = await getIdentity(kysely, project, id);
      return await healthHistory(kysely, identity.id, limit);
    },
    loadState: (id) => loadState(deps, id),
    saveState: (identityId, state, fence, credentialsVersion) =>
      saveState(deps, { identityId, state, fence, credentialsVersion }),
    clearState: (identityId, fence) => clearState(kysely, { identityId, fence }),
    audit: (project, identityId, limit = 100) => listAudit(kysely, { project, identityId, limit }),
  };
}
