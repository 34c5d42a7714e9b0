import { lookup as systemLookup } from "node:dns/promises";
import { isIP } from "node:net";
import { isLoopback } from "../../identity/domains.ts";
import { Secret } from "../../secret.ts";

/** A name's first address. */
export type Lookup = (hostname: string) => Promise<string>;

const lookupByDns: Lookup = async (hostname) => (await systemLookup(hostname)).address;

/**
 * The same endpoint by its address. A Chromium answers nobody who calls it by another name than `localhost`, as the
 * other containers of a compose file do: the page of a site could, too, whose name leads to this machine.
 * @returns undefined where there is nothing to change: an address already, or TLS, whose certificate is for the name
 */
export async function byAddress(url: Secret, lookup: Lookup = lookupByDns): Promise<Secret | undefined> {
  const parsed = URL.parse(url.reveal());
  if (parsed === null || !/^(?:http|ws):$/.test(parsed.protocol)) return undefined;
  const { hostname } = parsed;
  if (isIP(hostname.replace(/^\[|\]$/g, "")) !== 0 || isLoopback(hostname)) return undefined;
  const address = await lookup(hostname).catch(() => undefined);
  if (address === undefined) return undefined;
  parsed.hostname = isIP(address) === 6 ? `[${address}]` : address;
  return new Secret(parsed.href);
}
