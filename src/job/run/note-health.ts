import type { FailureCode } from "../../failure.ts";
import type { Finding } from "../../identity/health.ts";
import type { Outcome } from "../../outcome.ts";
import type { RunContext } from "./run-context.ts";
import type { SignedIn } from "./sign-in.ts";

/** What only a person can put right. */
const definite: ReadonlySet<FailureCode> = new Set([
  "invalid_credentials",
  "invalid_one_time_code",
  "account_locked",
  "account_unusable",
  "password_change_required",
  "one_time_code_required",
  "one_time_code_timeout",
  "captcha_required",
  "credentials_missing",
  "needs_attention",
]);
/** What looks like it, but may be a fluke: it counts when it is seen twice in a row. */
const likely: ReadonlySet<FailureCode> = new Set([
  "login_unrecognised",
  "origin_not_allowed",
  "mailbox_unavailable",
]);
/** What says nothing of the identity, but is worth a note beside what was known. */
const noted: ReadonlySet<FailureCode> = new Set([
  "site_unreachable",
  "site_error",
  "rate_limited",
  "provider_unavailable",
  "provider_refused",
  "provider_quota",
]);

/** How a run was signed in, as far as it came; or why it was not, where that was looked for. */
export type Seen = { by: SignedIn["by"] } | { lapsed: string } | undefined;

const healthy: Readonly<Record<SignedIn["by"], string>> = {
  saved_state: "Its saved state signs it in.",
  login: "It was signed in anew.",
  provider: "Its provider signs it in.",
};

/** What a run found out about its identity's health, in passing or because it was to; undefined for nothing. */
export function findingOf(seen: Seen, outcome: Outcome): Finding | undefined {
  if (seen !== undefined && "lapsed" in seen)
    return { state: "needs_attention", reason: seen.lapsed, code: "session_lapsed" };
  if (seen !== undefined) {
    if (outcome.status === "failed" && outcome.code === "session_lapsed")
      return { state: "unsure", reason: outcome.message, code: outcome.code };
    return { state: "healthy", reason: healthy[seen.by], code: null };
  }
  if (outcome.status === "succeeded") return undefined;
  const { code, message } = outcome;
  if (definite.has(code)) return { state: "needs_attention", reason: message, code };
  if (likely.has(code)) return { state: "needs_attention", reason: message, code, confirm: true };
  return noted.has(code) ? { state: "unsure", reason: message, code } : undefined;
}

/** Writes down what a run found out about its identity's health. Never throws: the run is as it is. */
export async function noteHealth(run: RunContext, outcome: Outcome): Promise<void> {
  const { claimed, seen, deps, id } = run;
  const finding = claimed === undefined ? undefined : findingOf(seen, outcome);
  if (claimed === undefined || finding === undefined) return;
  const look = { runId: id, credentialsVersion: claimed.credentialsVersion };
  await deps.identities
    .recordHealth(claimed.id, finding, look)
    .catch((error: unknown) => deps.log.warn({ err: error }, "the identity's health could not be noted"));
}
