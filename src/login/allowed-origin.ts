import { getDomain } from "tldts";
import { Failure } from "../failure.ts";

/** Whether credentials may be typed on a page of this URL. */
export type IsAllowed = (url: string) => boolean;

/**
 * Credentials may be typed on the source's registrable domain and on the given ones, over https, or on loopback.
 * Hosts without a registrable domain (`localhost`, addresses) are compared as they are; ports do not matter, as
 * they do not for cookies. A host under a public suffix such as `github.io` is a domain of its own.
 */
export function allowedOrigins({
  sourceUrl,
  domains,
}: {
  sourceUrl: string;
  domains: readonly string[];
}): IsAllowed {
  const allowed = new Set([sourceUrl, ...domains].map(siteOf).filter((site) => site !== null));
  return (url) => {
    const parsed = URL.parse(url);
    if (parsed === null) return false;
    if (parsed.protocol !== "https:" && !(parsed.protocol === "http:" && isLoopback(parsed.hostname)))
      return false;
    const site = siteOf(parsed.hostname);
    return site !== null && allowed.has(site);
  };
}

/** `origin_not_allowed`, in words that name the domain to add. */
export function originNotAllowed(url: string): Failure {
  const parsed = URL.parse(url);
  const site = parsed === null ? null : siteOf(parsed.hostname);
  if (parsed?.protocol === "http:" && !isLoopback(parsed.hostname)) {
    return new Failure(
      "origin_not_allowed",
      `Credentials are typed over https only, and ${parsed.host} asks for them without.`,
    );
  }
  return new Failure(
    "origin_not_allowed",
    `The login asks for credentials on ${site ?? "an unknown page"}, which is not among the allowed domains.`,
  );
}

/** Whether two URLs or hosts have one owner: the same registrable domain, or the same host where there is none. */
export function isSameSite(place: string, other: string): boolean {
  const site = siteOf(place);
  return site !== null && site === siteOf(other);
}

/** The registrable domain of a URL, a host or a `host:port`; the host itself where there is none. */
function siteOf(place: string): string | null {
  const host = (URL.parse(place.includes("://") ? place : `https://${place}`)?.hostname ?? "").replace(
    /\.$/,
    "",
  );
  if (host === "") return null;
  return getDomain(host, { allowPrivateDomains: true }) ?? host;
}

/** RFC 6761 §6.3 and RFC 5735: names and addresses that never leave the machine. */
function isLoopback(host: string): boolean {
  return (
    host === "localhost" ||
    host.endsWith(".localhost") ||
    /^127(\.\d{1,3}){3}$/.test(host) ||
    host === "[::1]"
  );
}
