import type { Page } from "playwright-core";
import type { Failure } from "../failure.ts";
import type { Logger } from "../log.ts";
import type { LoginDecision } from "../outcome.ts";
import type { LoginCredentials, Site } from "./site.ts";

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
}

/** How many times something was submitted to the site. */
export interface Submits {
  password: number;
  code: number;
}

export type LoginResult =
  | { status: "signed_in"; submits: Submits; decisions: LoginDecision[]; url: string }
  | {
      status: "failed";
      failure: Failure;
      submits: Submits;
      decisions: LoginDecision[];
      url: string;
      /** The site's own words where it refused. Raw: scrub before keeping. */
      siteMessage?: string;
    };
