import { Secret } from "../../secret.ts";
import type { IsAllowed } from "../allowed-origin.ts";
import type { OutOfBandAnswer, OutOfBandRequest } from "../out-of-band.ts";
import { clearly, findCode } from "./find-code.ts";
import { findLink } from "./find-link.ts";
import type { Message } from "./message.ts";
import { isAboutSite } from "./sender.ts";

/** What is looked for in messages, and for whom. */
export interface Wanted {
  request: Pick<OutOfBandRequest, "expects">;
  /** The hosts of the site: of its pages, and of where it signs in. */
  siteHosts: readonly string[];
  /** Where a link may lead. */
  isAllowed: IsAllowed;
}

export interface Found {
  answer: OutOfBandAnswer;
  /** Whether its message has anything to do with the site: comes from its domain, leads there, names it. */
  aboutSite: boolean;
}

export interface Reading {
  found: Found | undefined;
  /** Links that would do, but lead where credentials may not be typed. */
  foreign: number;
}

/**
 * What a message holds of what is wanted. Where the page takes either, a code comes first: it is typed into the page
 * that waits. From a message that has nothing to do with the site only a code that is one without any doubt is taken.
 */
export function readAnswer(
  message: Message,
  { request: { expects }, siteHosts, isAllowed }: Wanted,
): Reading {
  const aboutSite = isAboutSite(message, siteHosts);
  if (expects !== "link") {
    const code = findCode(message);
    if (code !== undefined && (aboutSite || code.score >= clearly)) {
      const answer = { kind: "code", code: new Secret(code.code) } as const;
      return { found: { answer, aboutSite }, foreign: 0 };
    }
    if (expects === "code") return { found: undefined, foreign: 0 };
  }
  const { url, foreign } = findLink(message, { isAllowed });
  return {
    found: url === undefined ? undefined : { answer: { kind: "link", url: new Secret(url) }, aboutSite },
    foreign,
  };
}
