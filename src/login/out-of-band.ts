import type { OutOfBandChannel } from "../events.ts";
import { Secret } from "../secret.ts";

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

/** As people copy codes: with spaces and hyphens between digits. A URL is a link to open. */
export function answerOf(handedIn: Secret): OutOfBandAnswer {
  const text = handedIn.reveal().trim();
  if (/^https?:\/\//i.test(text)) return { kind: "link", url: new Secret(text) };
  return { kind: "code", code: new Secret(/^[\d\s-]+$/.test(text) ? text.replaceAll(/[\s-]/g, "") : text) };
}
