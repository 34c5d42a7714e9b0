import type { Page } from "playwright-core";
import type { RevealedPasskey } from "../identity/types.ts";
import type { Logger } from "../log.ts";
import type { Secret } from "../secret.ts";
import type { OutOfBandAnswer, OutOfBandRequest } from "./out-of-band.ts";

/** What a site's own login is given. */
export interface SiteLoginContext {
  page: Page;
  /** Types a secret into a field after checking that the page's domain is allowed. The script never holds the value. */
  type(field: "username" | "password" | "oneTimeCode" | { custom: string }, selector: string): Promise<void>;
  log: Logger;
  signal: AbortSignal;
}

/** How one site is signed in to and checked. Every part is optional: the generic login needs none. */
export interface Site {
  /** Hosts this site file speaks for, as `example.com` (with its subdomains) or `host:port`. */
  hosts: readonly string[];
  /** Where the login begins, when the source page does not lead there by itself. */
  loginUrl?: string;
  /** Registrable domains, beyond the source's own, that credentials may be typed on: an SSO host, say. */
  allowedDomains?: readonly string[];
  /** Sessions one identity may hold at once; 1 unless given. */
  sessionsPerIdentity?: number;
  /** Whether the page, once settled, is a signed-in user's. Replaces the generic judgement. */
  signedIn?(page: Page): Promise<boolean>;
  /** A login of the site's own, for what no rule can know. Must submit the password at most once. */
  login?(context: SiteLoginContext): Promise<void>;
}

/** Declares a site: `flows/<site>/site.ts` exports its result as default. */
export function defineSite<const S extends Site>(site: S): S & { readonly kind: "site" } {
  return { ...site, kind: "site" };
}

/** Secret values, asked for at the moment of typing. `has` is what the login may plan with. */
export interface LoginCredentials {
  has: {
    username: boolean;
    password: boolean;
    /** An authenticator, whose codes can be computed. */
    oneTimeCode: boolean;
    custom: readonly string[];
    /** The domain its passkey signs in at (the relying party's id), or false without one. */
    passkey: string | false;
    /** Somebody, or a mailbox, may give a code or link that the site sends while the login waits. */
    outOfBand: boolean;
    /** A mailbox is among those: what is sent by e-mail arrives without anybody. */
    mailbox: boolean;
  };
  username(): Promise<Secret>;
  password(): Promise<Secret>;
  custom(name: string): Promise<Secret>;
  /**
   * A code not used before, with life left in it; waits for the next step if need be. Each call spends a code.
   * `clockOffsetMs`: how far the site's clock is ahead of ours, where it is known. `neededLifeMs`: how much of its
   * life the code needs to arrive, where that is known to be long.
   */
  oneTimeCode(signal: AbortSignal, clockOffsetMs?: number, neededLifeMs?: number): Promise<Secret>;
  passkey(): Promise<RevealedPasskey>;
  /** Told the signature counter after each use of the passkey; the next use must be given no lower one. */
  passkeyUsed(signCount: number): Promise<void>;
  /**
   * What the site sent another way, once it is here.
   * @throws Failure `one_time_code_timeout`
   */
  outOfBand(request: OutOfBandRequest, signal: AbortSignal): Promise<OutOfBandAnswer>;
}
