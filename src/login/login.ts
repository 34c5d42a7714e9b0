import type { Page } from "playwright-core";
import { Failure, toFailure } from "../failure.ts";
import type { Logger } from "../log.ts";
import type { LoginDecision } from "../outcome.ts";
import { addressOf } from "./address.ts";
import { allowedOrigins } from "./allowed-origin.ts";
import { signInByRules } from "./sign-in-by-rules.ts";
import { signInBySite } from "./sign-in-by-site.ts";
import type { LoginCredentials, Site } from "./site.ts";
import type { Situation } from "./situation.ts";

export interface LoginRequest {
  /** A page of the session; anything may be open in it. */
  page: Page;
  /** Where "signed in" is proved, and where the login begins unless the site says otherwise. */
  sourceUrl: string;
  site?: Site | undefined;
  /** Registrable domains, beyond the source's own, that credentials may be typed on. The site's are added to them. */
  allowedDomains: readonly string[];
  credentials: LoginCredentials;
  /** The login's time limit and the run's cancel, together. */
  signal: AbortSignal;
  log: Logger;
  onDecision?: (decision: LoginDecision) => void;
  /** Receives what each decision rested on; secret-free JSON, to store and to decide on again offline. */
  onSituation?: (situation: Situation) => void;
}

/** How many times something was submitted to the site. */
export interface Submits {
  password: number;
  code: number;
}

export type LoginResult =
  | {
      status: "signed_in";
      submits: Submits;
      decisions: LoginDecision[];
      url: string;
      /**
       * The page that proved it, without query and fragment: the source page; or, where that shows its login form
       * to the signed-in as well, the page the site led to. What to give `checkSignedIn` from now on.
       */
      provedAt: string;
    }
  | {
      status: "failed";
      failure: Failure;
      submits: Submits;
      decisions: LoginDecision[];
      url: string;
      /** The site's own words where it refused. Raw: scrub before keeping. */
      siteMessage?: string;
    };

/** What a login in progress reports to. */
export interface Report {
  submits: Submits;
  decide(decision: Omit<LoginDecision, "atMs" | "url">): void;
  /** The site's own words where it refused. */
  siteMessage?: string;
  /** The page that proved the login, when it is not the source page. */
  provedAt?: string;
}

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
      const stamped = {
        atMs: Math.round(performance.now() - startedAt),
        url: addressOf(page.url()),
        ...decision,
      };
      decisions.push(stamped);
      log.debug({ decision: stamped }, "login decision");
      request.onDecision?.(stamped);
    },
  };
  const isAllowed = allowedOrigins({
    sourceUrl,
    domains: [...request.allowedDomains, ...(site?.allowedDomains ?? [])],
  });
  try {
    signal.throwIfAborted();
    const work =
      site?.login === undefined
        ? signInByRules({ request, report, isAllowed })
        : signInBySite({ request, report, isAllowed });
    await orAbort(work, signal);
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

/** Playwright's calls do not hear the signal: the login ends with it, and what still runs stops at its next step. */
async function orAbort(work: Promise<void>, signal: AbortSignal): Promise<void> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
    work.catch(() => {});
  }
}

function failureOfAbort({ reason }: AbortSignal): Failure {
  if (reason instanceof Failure) return reason;
  return reason instanceof DOMException && reason.name === "TimeoutError"
    ? new Failure("login_unrecognised", "The login came to no end in the time it was given.")
    : new Failure("cancelled", "The login was cancelled.", { cause: reason });
}
