import type { Config } from "./config.ts";
import type { Database } from "./database/open.ts";
import { type ApiKeys, createApiKeys } from "./http/api-keys/key-store.ts";
import { type Applications, createApplications } from "./identity/applications/applications.ts";
import { type AuthFlows, createAuthFlows } from "./identity/applications/auth-flows.ts";
import { type ConnectTokens, createConnectTokens } from "./identity/connect/connect-tokens.ts";
import { createHalfMadeIdentities, type HalfMadeIdentities } from "./identity/connect/half-made.ts";
import { type CodeInbox, createCodeInbox } from "./identity/credentials/code-inbox.ts";
import { createIdentities, type Identities } from "./identity/identities.ts";
import { createLeases, type Leases } from "./identity/leases/leases.ts";
import { createRendezvous, type Rendezvous } from "./identity/rendezvous.ts";
import { type Keyring, openKeyring } from "./identity/sealing/keyring.ts";
import { type BatchStore, createBatchStore } from "./job/batch/batches.ts";
import { createRunStore, type RunStore } from "./job/record/runs.ts";
import { createSchedules, type Schedules } from "./job/schedule/schedules.ts";
import { createWebhookSecrets, type WebhookSecrets } from "./job/webhooks/secrets.ts";
import type { Logger } from "./log.ts";
import type { Tell } from "./observe.ts";
import type { Redactor } from "./redact.ts";

/** What lives in Postgres. */
export interface Store {
  database: Database;
  keyring: Keyring;
  identities: Identities;
  applications: Applications;
  authFlows: AuthFlows;
  rendezvous: Rendezvous;
  leases: Leases;
  codes: CodeInbox;
  connectTokens: ConnectTokens;
  halfMade: HalfMadeIdentities;
  runs: RunStore;
  batches: BatchStore;
  apiKeys: ApiKeys;
  webhookSecrets: WebhookSecrets;
  schedules: Schedules;
}

/** Builds it on the opened database; the `leases` in it are the caller's to close. */
export async function createStore({
  config,
  database,
  redactor,
  log,
  processName,
  tell,
}: {
  config: Config;
  database: Database;
  redactor: Redactor;
  log: Logger;
  processName: string;
  tell: Tell;
}): Promise<Store> {
  const keyring = await openKeyring({ ...config, embedded: database.embedded });
  return {
    database,
    keyring,
    identities: createIdentities({ db: database, keyring, redactor, log }),
    applications: createApplications({ db: database }),
    authFlows: createAuthFlows({ db: database }),
    rendezvous: createRendezvous({ db: database, keyring }),
    leases: createLeases({ db: database, holder: processName, ttlMs: config.leaseTtlMs, log }),
    codes: createCodeInbox({ db: database, keyring }),
    connectTokens: createConnectTokens({ db: database, keyring }),
    halfMade: createHalfMadeIdentities({ db: database, keyring, log }),
    runs: createRunStore(database.kysely, tell),
    batches: createBatchStore(database.kysely),
    apiKeys: createApiKeys({ db: database }),
    webhookSecrets: createWebhookSecrets({ db: database.kysely, keyring }),
    schedules: createSchedules(database),
  };
}
