import type { Artifacts } from "../../artifacts.ts";
import type { ProviderIdentities, Renewal } from "../../browser/providers/provider-identities.ts";
import type { OpenSession, Session } from "../../browser/session.ts";
import type { EmitRunEvent, WaitingForCode } from "../../events.ts";
import type { CodeInbox } from "../../identity/credentials/code-inbox.ts";
import type { Identities } from "../../identity/identities.ts";
import type { Leases } from "../../identity/leases/leases.ts";
import type { Identity } from "../../identity/types.ts";
import type { Logger } from "../../log.ts";
import type { LoginCredentials } from "../../login/site.ts";
import type { Evidence, FailedOutcome } from "../../outcome.ts";
import type { TimeLimit } from "../../time-limit.ts";
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { Job } from "../job.ts";
import type { LiveRun } from "../live/live-run.ts";
import type { LiveRuns } from "../live/live-runs.ts";
import type { KnownSecrets } from "./known-secrets.ts";
import type { Seen } from "./note-health.ts";

/** @param state whether it waits; `news` where this is to be reported: once for each code that is asked for */
export type MarkWaiting = (state: { isWaiting: boolean; news?: WaitingForCode }) => Promise<void>;

/** Providers, as far as they keep identities themselves. */
export interface RunProviders {
  /** Undefined for one that keeps none; the configuration's provider's unless named. */
  identitiesAt(provider?: string): ProviderIdentities | undefined;
  /** Whose jobs may name identities that only the provider has: the provider's key knows no projects. */
  project: string;
}

/** What a run needs. All of it is borrowed: nothing of it is closed by a run. */
export interface RunDeps {
  catalogue: Catalogue;
  identities: Identities;
  leases: Pick<Leases, "acquire" | "tryAcquire">;
  openSession: OpenSession;
  /** Providers that keep identities themselves; none unless given. */
  providers?: RunProviders;
  artifacts: Artifacts;
  /** Told everything that happens, as it happens. */
  emit: EmitRunEvent;
  log: Logger;
  /** In whose name secrets are read: `worker:<id>`, `cli:<user>`. */
  actor: string;
  /** Where the identity is held by another run: fail with `identity_busy`, for a worker has other work; or wait. */
  whenBusy: "fail" | "wait";
  /** Where one-time codes are handed in. */
  codes: CodeInbox;
  /** How long a login may wait for one, in milliseconds, unless the job says otherwise; 0 for not at all. */
  codeTimeoutMs: number;
  /** Notes in the run's record that it waits for a code, or no longer. */
  markWaiting?: MarkWaiting;
  /** Asks whoever sits at this process's terminal. */
  askForCode?: LoginCredentials["outOfBand"];
  runDeadlineMs: number;
  loginTimeoutMs: number;
  /** Where the run can be looked at while it is worked on. */
  liveRuns?: LiveRuns | undefined;
  /** A window on this machine's screen. */
  headed?: boolean;
  /** Milliseconds between actions. */
  slowMoMs?: number;
  /** Opens Playwright's Inspector before the flow's first step. */
  pause?: boolean;
  /** Take the saved state for signed in, without a look at the site. */
  trustsState?: boolean;
  /** Whether the state that the flow leaves is to be saved; it is unless this says no. */
  savesState?: () => boolean;
  /** The run has failed and its session is still open: that, and its lease, stay until this resolves. Never rejects. */
  onFailed?: (failed: { outcome: FailedOutcome; session: Session }) => Promise<void>;
}

/** One run on its way: what it was asked, what ends it, and what it has gathered so far. */
export interface RunContext {
  readonly id: string;
  readonly job: Job;
  readonly deps: RunDeps;
  /** Sign in anew whatever the saved state, even where the identity has failed: somebody asked for it by hand. */
  readonly fresh: boolean;
  /** Deadline, cancel, shutdown, loss of lease or browser: the first wins, and its reason is a Failure. */
  readonly signal: AbortSignal;
  /** From now on this signal ends the run too. */
  follow(signal: AbortSignal): void;
  /** Its clock; stopped while somebody looks at the run in a debugger. */
  readonly deadline: Pick<TimeLimit, "pause" | "leftMs">;
  /** What somebody who looks at it is shown. */
  readonly live: LiveRun | undefined;
  /** Closed in reverse when the run ends. */
  readonly resources: AsyncDisposableStack;
  /** What is known of the identity's username and secrets; scrubbed from what is kept of the run. */
  readonly known: KnownSecrets;
  /** The page that tells whether the identity is signed in; its source page unless the site shows a login form there to everyone. */
  provedAt: string | undefined;
  /** The identity, once it is the run's. */
  claimed: Identity | undefined;
  /** What came of asking the provider to sign the identity in anew: it is asked once. */
  renewal: Renewal | undefined;
  /** How it came to be signed in, or what a health check saw instead. */
  seen: Seen;
  /** Whether somebody handed in a one-time code. */
  codeHandedIn: boolean;
  /** Gathered on the way, kept if the run fails. */
  readonly evidence: Evidence;
  /** What the evidence is to be taken of: the session's page and its console. */
  watched: { session: Session; consoleErrors: () => string[] } | undefined;
}

/** What the work of a flow needs of its run: whom to tell and where to store, nothing of identities and leases. */
export interface FlowRun extends Pick<RunContext, "id" | "signal" | "known" | "evidence" | "watched"> {
  readonly job: Pick<Job, "trace">;
  readonly deps: Pick<RunDeps, "artifacts" | "emit" | "log" | "pause">;
}
