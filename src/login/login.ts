import { Failure, toFailure } from "../failure.ts";
import type { LoginDecision } from "../outcome.ts";
import { scrubJson } from "../redact.ts";
import { untilAborted } from "../until-aborted.ts";
import { addressOf } from "./address.ts";
import { allowedOrigins, type IsAllowed } from "./allowed-origin.ts";
import { holdPasskey, withoutPasskey } from "./hold-passkey.ts";
import type { LoginRequest, LoginResult, Report } from "./request.ts";
import { signInByRules } from "./sign-in-by-rules.ts";
import { signInBySite } from "./sign-in-by-site.ts";

export type { LoginRequest, LoginResult, Submits } from "./request.ts";

/**
 * Signs in on the page: by the site's own login if it has one, else by looking at the page, deciding and acting until
 * the source page is a signed-in user's or the site said no. Submits the password at most once and a one-time code
 * at most twice. Never throws: every end is a result; an abort is a failed one, with the signal's reason where that
 * is a Failure.
 */
export async function login(request: LoginRequest): Promise<LoginResult> {
  const { page, sourceUrl, site, signal, log } = request;
  const startedAt = performance.now();
  const decisions: LoginDecision[] = [];
  const report: Report = {
    submits: { password: 0, code: 0 },
    decide(decision) {
      const told: LoginDecision = {
        atMs: Math.round(performance.now() - startedAt),
        url: addressOf(page.url()),
        ...decision,
      };
      const stamped =
        request.redactor === undefined ? told : (scrubJson(told, request.redactor) as LoginDecision);
      decisions.push(stamped);
      log.debug({ decision: stamped }, "login decision");
      request.onDecision?.(stamped);
      return stamped;
    },
  };
  const isAllowed = allowedOrigins({
    sourceUrl,
    domains: [...request.allowedDomains, ...(site?.allowedDomains ?? [])],
  });
  try {
    // Playwright's calls do not hear the signal: the login ends with it, and what still runs stops at its next step.
    await untilAborted(signal, () => signIn({ request, report, isAllowed }));
    const { submits, provedAt = addressOf(sourceUrl) } = report;
    return { status: "signed_in", submits, decisions, url: addressOf(page.url()), provedAt };
  } catch (error) {
    const failure = signal.aborted
      ? failureOfAbort(signal)
      : toFailure(
          error,
          page.isClosed() ? "browser_crashed" : "internal_error",
          page.isClosed() ? "The page was closed during the login." : "The login engine failed.",
        );
    log.info({ code: failure.code, submits: report.submits, err: failure }, "login failed");
    const { siteMessage } = report;
    return {
      status: "failed",
      failure,
      submits: report.submits,
      decisions,
      url: addressOf(page.url()),
      ...(siteMessage === undefined ? {} : { siteMessage }),
    };
  }
}

/** By rules or the site's own login, with the identity's passkey in the browser meanwhile. */
async function signIn({ request, ...rest }: { request: LoginRequest; report: Report; isAllowed: IsAllowed }) {
  await using passkey = await holdPasskey({ ...request, ...rest });
  const credentials = passkey === undefined ? withoutPasskey(request.credentials) : request.credentials;
  const equipped = { ...rest, request: { ...request, credentials } };
  if (request.site?.login === undefined) await signInByRules({ ...equipped, passkey });
  else await signInBySite(equipped);
}

function failureOfAbort({ reason }: AbortSignal): Failure {
  if (reason instanceof Failure) return reason;
  return reason instanceof DOMException && reason.name === "TimeoutError"
    ? new Failure("login_unrecognised", "The login came to no end in the time it was given.")
    : new Failure("cancelled", "The login was cancelled.", { cause: reason });
}
