import { getDomain, parse } from "tldts";

/** Whether a URL's host is this machine itself (RFC 6761 §6.3, RFC 1122 §3.2.1.3, RFC 4291 §2.5.3). */
export function isLoopback(hostname: string): boolean {
  const host = hostname.toLowerCase();
  return (
    host === "localhost" ||
    host.endsWith(".localhost") ||
    /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host) ||
    host === "[::1]" ||
    host === "::1"
  );
}

/**
 * The part of a host that one owner registers: `example.co.uk` of `login.example.co.uk`, `ada.github.io` of itself
 * (private suffixes of the Public Suffix List count, or all of github.io would be one owner). An address or a name
 * without a public suffix is its own.
 */
export function registrableDomain(hostname: string): string {
  const host = hostname.toLowerCase();
  return getDomain(host, { allowPrivateDomains: true }) ?? host;
}

/** What is wrong with a domain that credentials are to be allowed on, or null. */
export function domainFault(domain: string): string | null {
  if (isLoopback(domain)) return null;
  const parsed = parse(domain, { allowPrivateDomains: true });
  if (parsed.hostname !== domain.toLowerCase())
    return "is not a domain: write example.com, without https:// or a path";
  if (parsed.isIp) return null;
  if (parsed.domain === null) return "is a public suffix or a bare name: anyone may own a domain under it";
  if (parsed.domain !== parsed.hostname)
    return "is not a registrable domain: a host's own domain is what is allowed";
  return null;
}
