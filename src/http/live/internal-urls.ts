import type { Server } from "node:http";
import { isIPv6 } from "node:net";
import { hostname } from "node:os";

const everywhere: ReadonlySet<string> = new Set(["0.0.0.0", "::"]);

/** Where a server can be reached by the processes that are part of the service, the likeliest first. */
export function internalUrls(server: Server | undefined, configured: string | undefined): string[] {
  if (configured !== undefined) return [configured];
  const address = server?.address();
  if (typeof address !== "object" || address === null) return [];
  // Another machine knows this one by its name at best; on this one loopback will do.
  const hosts = everywhere.has(address.address) ? [hostname(), "127.0.0.1"] : [address.address];
  return hosts.map((host) => `http://${isIPv6(host) ? `[${host}]` : host}:${address.port}`);
}
