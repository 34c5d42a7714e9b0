import type { Secret } from "../secret.ts";

/** How a site sends what the login page cannot give: out of band, in the words of NIST SP 800-63B. */
export type OutOfBandChannel = "email" | "sms" | "push" | "unknown";

/** What the login cannot go on without. */
export interface OutOfBandRequest {
  channel: OutOfBandChannel;
  /** What the page has a place for. */
  expects: "code" | "link" | "either";
  /** What the site says of it: "We sent a code to m•••@example.com". Raw: scrub before keeping or showing. */
  siteMessage: string | undefined;
}

export type OutOfBandAnswer =
  | { kind: "code"; code: Secret }
  /** A link that signs in. It is opened only on a domain that credentials may be typed on. */
  | { kind: "link"; url: Secret };
