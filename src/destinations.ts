import ipaddr from "ipaddr.js";

/** Hosts and address ranges that may be sent to although they are not on the public internet. */
export interface AllowedDestinations {
  /** By name, as the setting lists it: whatever address it leads to, and without TLS too. */
  allowsHost(hostname: string): boolean;
  /** By address. Written in any form; an IPv4 address inside an IPv6 one counts as itself. */
  allowsAddress(address: string): boolean;
}

/** An IPv6 address stands in brackets in a URL. */
const bare = (hostname: string) => hostname.replace(/^\[(.*)\]$/, "$1").toLowerCase();

/**
 * Reads a list of hosts (`hooks.internal`, `*.internal`, `*` for all), addresses and CIDR ranges, comma-separated.
 * @returns undefined when an entry is none of these
 */
export function parseAllowedDestinations(text: string): AllowedDestinations | undefined {
  const entries = text
    .split(",")
    .map((entry) => entry.trim().toLowerCase())
    .filter(Boolean);
  const ranges: [ipaddr.IPv4 | ipaddr.IPv6, number][] = [];
  const hosts: string[] = [];
  for (const entry of entries) {
    if (ipaddr.isValidCIDR(entry)) ranges.push(ipaddr.parseCIDR(entry));
    else if (isAddress(entry)) ranges.push(wholeAddress(ipaddr.process(entry)));
    else if (/^(\*|(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?)$/.test(entry) && !/^[\d.]+$/.test(entry))
      hosts.push(entry);
    else return undefined;
  }
  return {
    allowsHost: (hostname) => hosts.some((pattern) => fits(pattern, bare(hostname))),
    allowsAddress(address) {
      if (!isAddress(address)) return false;
      const parsed = ipaddr.process(bare(address));
      return ranges.some(([range, bits]) => range.kind() === parsed.kind() && parsed.match(range, bits));
    },
  };
}

/** Whether the text is an IP address rather than a name; the hostname of a URL is in its normal form already. */
export function isAddress(hostname: string): boolean {
  const text = bare(hostname);
  return text.includes(":") ? ipaddr.isValid(text) : ipaddr.IPv4.isValidFourPartDecimal(text);
}

/**
 * Whether the address is one of the public internet: not loopback, private, link-local (where clouds keep their
 * metadata), shared, multicast, reserved, nor an IPv6 form that carries an IPv4 address to somewhere else.
 * By the registries of RFC 6890; of IPv6 only what is handed out for global use (2000::/3).
 */
export function isPublicAddress(address: string): boolean {
  const text = bare(address);
  if (!isAddress(text)) return false;
  const parsed = ipaddr.process(text);
  if (parsed.range() !== "unicast") return false;
  return parsed.kind() === "ipv4" || parsed.match(ipaddr.parseCIDR("2000::/3"));
}

/** Whether the address is one of this machine's own, which nobody else can come from. */
export function isLoopbackAddress(address: string): boolean {
  return isAddress(address) && ipaddr.process(bare(address)).range() === "loopback";
}

/**
 * What is wrong with a URL to report to, as far as it shows without asking DNS: undefined for nothing.
 * The words follow "The webhook URL".
 */
export function faultOfDestination(text: string, allowed: AllowedDestinations): string | undefined {
  if (!URL.canParse(text)) return "is not a URL";
  const { protocol, hostname, username, password } = new URL(text);
  if (protocol !== "https:" && protocol !== "http:") return "is neither https nor http";
  if (username !== "" || password !== "") return "carries a username or password";
  if (allowed.allowsHost(hostname)) return undefined;
  // RFC 6761 §6.3: these names mean this machine, whatever DNS says.
  const address = /(^|\.)localhost\.?$/i.test(hostname) ? "127.0.0.1" : hostname;
  if (isAddress(address)) {
    if (allowed.allowsAddress(address)) return undefined;
    if (!isPublicAddress(address))
      return "leads to an address that is not public and that LATCHKEY_WEBHOOK_ALLOW does not list";
  }
  return protocol === "https:"
    ? undefined
    : "is not https, and LATCHKEY_WEBHOOK_ALLOW does not list its host";
}

/** Whether a host's address, as DNS gave it, may be connected to. */
export function mayConnect(
  { hostname, address }: { hostname: string; address: string },
  allowed: AllowedDestinations,
): boolean {
  return allowed.allowsHost(hostname) || allowed.allowsAddress(address) || isPublicAddress(address);
}

function fits(pattern: string, hostname: string): boolean {
  if (pattern === "*") return true;
  const name = hostname.replace(/\.$/, "");
  const wanted = pattern.replace(/\.$/, "");
  return wanted.startsWith("*.") ? name.endsWith(wanted.slice(1)) : name === wanted;
}

function wholeAddress(address: ipaddr.IPv4 | ipaddr.IPv6): [ipaddr.IPv4 | ipaddr.IPv6, number] {
  return [address, address.kind() === "ipv4" ? 32 : 128];
}
