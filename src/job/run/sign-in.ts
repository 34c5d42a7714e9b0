import type { Session } from "../../browser/session.ts";
import type { CodeOrigin } from "../../events.ts";
import type { FailureCode } from "../../failure.ts";
import { assertActive } from "../../identity/site-of.ts";
import { addressOf } from "../../login/address.ts";
import { allowedOrigins } from "../../login/allowed-origin.ts";
import { type LoginRequest, login, type Submits } from "../../login/login.ts";
import { createLoginMailbox } from "../../login/mailbox/login-mailbox.ts";
import { createStoredCredentials } from "../../login/stored-credentials.ts";
import { createLoginRecorder } from "../../login/stored-login.ts";
import { createTimeLimit } from "../../time-limit.ts";
import { checkIdentity } from "../check-identity.ts";
import { accountOf, type Claim, loginLease } from "./claim-identity.ts";
import { pauseWithDebugger } from "./debugger-pauses.ts";
import { findIdentity } from "./find-identity.ts";
import { keepSnapshot } from "./keep-snapshot.ts";
import { createMailRecipient } from "./mail-recipient.ts";
import { type RunSession, useState } from "./open-run-session.ts";
import { createOutOfBand } from "./out-of-band.ts";
import type { RunContext } from "./run-context.ts";
import { saveLogin } from "./save-login.ts";

/** What the site says that makes another attempt with the same credentials dangerous: it might lock the account. */
const refusals: ReadonlySet<FailureCode> = new Set([
  "invalid_credentials",
  "invalid_one_time_code",
  "account_locked",
  "account_unusable",
  "password_change_required",
]);

/** How the session came to be signed in, and the session to go on with. */
export interface SignedIn {
  session: Session;
  by: "saved_state" | "login" | "provider";
  submits: Submits;
  /** Whether the identity has a saved state that was seen to restore its login. */
  saved: boolean;
}

/** How a sign-in reads in a run's stages. */
export function describeSignIn({ by, submits }: SignedIn): string {
  if (by === "saved_state") return "saved state reused";
  if (by === "provider") return "signed in by the provider";
  if (submits.password + submits.code === 0) return "signed in without a password";
  return `signed in (${submits.password} password, ${submits.code} code)`;
}

export const noSubmits: Submits = { password: 0, code: 0 };

/**
 * Makes sure the session is signed in: by its saved state, by the state another run has saved meanwhile, or by a
 * login — one at a time per identity, on all machines.
 * @throws Failure of the login; credentials the site refused mark the identity failed.
 */
export async function signIn(
  run: RunContext,
  claim: Claim,
  { session, stateVersion }: RunSession,
): Promise<SignedIn> {
  const { identity } = claim;
  if (stateVersion !== null) {
    if (run.deps.trustsState === true) return bySavedState(run, session);
    const { signedIn, reason } = await checkIdentity(run, claim, session.page);
    run.deps.log.debug({ signedIn, reason }, "saved state checked");
    if (signedIn) return bySavedState(run, session);
  }

  await using loginTurn = await run.deps.leases.acquire(loginLease(accountOf(identity)), {
    slots: 1,
    signal: run.signal,
  });
  run.follow(loginTurn.lost);
  if (!run.fresh && (await takeNewerState(run, claim, session, stateVersion))) {
    const { signedIn } = await checkIdentity(run, claim, session.page);
    if (signedIn) return bySavedState(run, session);
  }
  const submits = await logIn(run, claim, session);
  const { session: next, saved } = await saveLogin(run, claim, session);
  return { session: next, by: "login", submits, saved };
}

function bySavedState({ deps }: RunContext, session: Session): SignedIn {
  deps.emit({ type: "login", result: "saved_state", submits: noSubmits });
  return { session, by: "saved_state", submits: noSubmits, saved: true };
}

/** While this run waited for its turn another may have signed in: its state will do. */
async function takeNewerState(
  run: RunContext,
  { identity, record }: Claim,
  session: Session,
  version: bigint | null,
): Promise<boolean> {
  const newer = await record.loadState(identity.id);
  if (newer === null || newer.version === version) return false;
  useState(run, newer.state);
  await session.restore(newer.state);
  return true;
}

async function logIn(run: RunContext, claim: Claim, session: Session): Promise<Submits> {
  const { deps } = run;
  const { identity, isStored, record, site, lease } = claim;
  using timeLimit = createTimeLimit(deps.loginTimeoutMs);
  // For good where the login fails: what it typed is still there.
  const hidden = run.live?.hide();
  using _paused = pauseWithDebugger(session.context, timeLimit);
  const recorder = createLoginRecorder();
  let codeOf: CodeOrigin | undefined;
  const recipient = createMailRecipient({ record, identityId: identity.id });
  const domains = [...identity.allowedDomains, ...(site?.allowedDomains ?? [])];
  await using mailbox = createLoginMailbox({
    siteUrls: () => [identity.sourceUrl, session.page.url(), ...domains],
    isAllowed: allowedOrigins({ sourceUrl: identity.sourceUrl, domains }),
    recipient,
    signal: run.signal,
    log: deps.log,
  });
  const request: LoginRequest = {
    page: session.page,
    sourceUrl: identity.sourceUrl,
    site,
    allowedDomains: identity.allowedDomains,
    credentials: createStoredCredentials({
      identities: record,
      identity,
      actor: { name: deps.actor, runId: run.id },
      async onRevealed(revealed) {
        run.known.useCredentials(revealed);
        recipient.useCredentials(revealed);
        // Since it was claimed, the identity that it stands for may have been switched off, or its visit have ended.
        if (identity.standsFor !== null) assertActive((await findIdentity(run)).identity);
        if (revealed.mailbox !== undefined) await mailbox.open(revealed.mailbox);
      },
      onCode(code, origin) {
        run.known.useCode(code);
        codeOf = origin;
      },
      // A code is kept with the identity it is for until it is taken: without one there is only the terminal.
      outOfBand:
        isStored || deps.askForCode !== undefined
          ? createOutOfBand(run, { identity, emailAddresses: recipient.known, timeLimit, mailbox })
          : undefined,
    }),
    signal: AbortSignal.any([run.signal, timeLimit.signal]),
    log: deps.log,
    redactor: run.known.redactor,
    onDecision: (decision) => deps.emit({ type: "decision", decision }),
    onSituation: recorder.onSituation,
  };
  const result = await login(request);
  const verdict = result.status === "signed_in" ? result.status : result.failure.code;
  deps.emit({
    type: "login",
    result: verdict,
    submits: result.submits,
    ...(codeOf === undefined || result.submits.code === 0 ? {} : { codeOf }),
  });
  run.signal.throwIfAborted();
  const code = result.status === "signed_in" ? null : result.failure.code;
  await record.noteLogin(identity.id, { code, handedIn: run.codeHandedIn }, identity.credentialsVersion);
  if (result.status === "signed_in") {
    await record.setStatus(identity.id, "validated", null, lease.fence, identity.credentialsVersion);
    run.provedAt = result.provedAt === addressOf(identity.sourceUrl) ? undefined : result.provedAt;
    hidden?.[Symbol.dispose]();
    return result.submits;
  }
  run.evidence.decisions = result.decisions;
  if (result.siteMessage !== undefined)
    run.evidence.siteMessage = run.known.redactor.scrub(result.siteMessage);
  // A code that was never typed — this machine's clock was found set back — was refused by nobody.
  const unasked = result.failure.code === "invalid_one_time_code" && result.submits.code === 0;
  if (refusals.has(result.failure.code) && !unasked) {
    await record.setStatus(
      identity.id,
      "failed",
      result.failure.code,
      lease.fence,
      identity.credentialsVersion,
    );
  }
  deps.log.warn(
    { identity: identity.id, code: result.failure.code, submits: result.submits },
    "login failed",
  );
  if (result.failure.code === "login_unrecognised")
    await keepSnapshot(run, { end: result.failure.code, steps: recorder.steps });
  throw result.failure;
}
