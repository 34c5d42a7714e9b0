import type { Page } from "playwright-core";
import type { Failure } from "../failure.ts";
import type { Logger } from "../log.ts";
import type { LoginDecision } from "../outcome.ts";
import type { Redactor } from "../redact.ts";
import type { LoginCredentials, Site } from "./site.ts";
import type { Decision, Situation } from "./situation.ts";

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
  /** Takes known secrets out of what is told of the login: an address may hold a link's token, a message the username. */
  redactor?: Pick<Redactor, "scrub">;
  onDecision?: (decision: LoginDecision) => void;
  /** Receives what each decision rested on; secret-free JSON, to store and to decide on again offline. */
  onSituation?: (seen: { atMs: number; situation: Situation; decision: Decision }) => void;
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
  decide(decision: Omit<LoginDecision, "atMs" | "url">): LoginDecision;
  /** The site's own words where it refused. */
  siteMessage?: string;
  /** The page that proved the login, when it is not the source page. */
  provedAt?: string;
}
