import { isIP } from "node:net";
import type { Session } from "../../browser/session.ts";
import type { Claim } from "./claim-identity.ts";
import type { RunContext } from "./run-context.ts";

/**
 * Notes that the identity was seen at its site by this run: now, with the browser's user agent, from the address of its
 * proxy where that is one. Without a proxy the site sees an address that this machine need not know. Begins at once and
 * is waited for when the run ends: nothing else waits for it. What cannot be noted changes nothing.
 */
export function noteSeen(run: RunContext, { identity, record }: Claim, session: Session): void {
  const at = new Date().toISOString();
  const note = async () => {
    const userAgent = await session.userAgent().catch(() => null);
    await record.noteSeen(identity.id, { at, address: addressOfProxy(session.proxyServer), userAgent });
  };
  const noting = note().catch((error: unknown) =>
    run.deps.log.warn({ err: error, identity: identity.id }, "that the identity was seen could not be noted"),
  );
  run.resources.defer(() => noting);
}

/** Where a site sees it that is asked through the proxy; null for one named by a host name, which may have any address. */
export function addressOfProxy(proxyServer: string | null): string | null {
  const host = proxyServer === null ? "" : (URL.parse(proxyServer)?.hostname ?? "");
  const address = host.replace(/^\[(.*)\]$/, "$1");
  return isIP(address) === 0 ? null : address;
}
