import type { Artifacts } from "../artifacts.ts";
import type { Config } from "../config.ts";
import type { Database } from "../database/open.ts";
import type { Applications } from "../identity/applications/applications.ts";
import type { AuthFlows } from "../identity/applications/auth-flows.ts";
import type { ConnectTokens } from "../identity/connect/connect-tokens.ts";
import type { CodeInbox } from "../identity/credentials/code-inbox.ts";
import type { Identities } from "../identity/identities.ts";
import type { Rendezvous } from "../identity/rendezvous.ts";
import type { BatchStore } from "../job/batch/batches.ts";
import type { Catalogue } from "../job/catalogue/catalogue.ts";
import type { LiveCalls } from "../job/live/live-call.ts";
import type { RunQueue } from "../job/queue/queue.ts";
import type { RunStore } from "../job/record/runs.ts";
import type { Schedules } from "../job/schedule/schedules.ts";
import type { Submitter } from "../job/submitter.ts";
import type { Redactor } from "../redact.ts";
import type { Profiles } from "../session/profiles.ts";
import type { SessionTokens } from "../session/tokens.ts";
import type { Sessions } from "../session/types.ts";
import type { KeyCheck } from "./api-keys/key-check.ts";
import type { ArtifactLinks } from "./artifacts/links.ts";
import type { ConnectPageDeps } from "./connect/deps.ts";
import type { Fingerprints } from "./fingerprint.ts";
import type { PasswordHashes } from "./kratos/identities/password-hashes.ts";

/** What routes work with; each takes from it what it needs. */
export interface HttpDeps {
  config: Pick<
    Config,
    | "attempts"
    | "credentialsRoute"
    | "internalUrl"
    | "liveFrameAncestors"
    | "project"
    | "provider"
    | "publicUrl"
    | "requestsPerMinute"
    | "webhookAllow"
  >;
  database: Database;
  identities: Identities;
  applications: Applications;
  authFlows: AuthFlows;
  rendezvous: Rendezvous;
  runs: RunStore;
  schedules: Schedules;
  codes: CodeInbox;
  connectTokens: ConnectTokens;
  connectPage: ConnectPageDeps;
  queue: RunQueue;
  catalogue: Catalogue;
  artifacts: Artifacts;
  redactor: Redactor;
  submitter: Submitter;
  batches: BatchStore;
  links: ArtifactLinks;
  sessions: Sessions;
  profiles: Profiles;
  sessionTokens: SessionTokens;
  liveCalls: LiveCalls;
  passwordHashes: PasswordHashes;
  keyCheck: KeyCheck;
  fingerprints: Fingerprints;
}
