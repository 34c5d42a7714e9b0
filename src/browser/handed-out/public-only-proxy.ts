import { lookup } from "node:dns";
import { RequestError, Server } from "proxy-chain";
import { checkedLookup, type Resolve } from "../../checked-lookup.ts";
import { isAddress, mayConnect } from "../../destinations.ts";
import { isLoopback, registrableDomain } from "../../identity/domains.ts";

/** A proxy of our own, on loopback, that reaches no network of the operator's. */
export interface PublicOnlyProxy extends AsyncDisposable {
  /** `http://127.0.0.1:<port>`. */
  readonly server: string;
}

/** As DNS answers, but for names that mean this machine whatever DNS says (RFC 6761 §6.3): browsers know them, too. */
const resolve: Resolve = (hostname, options, callback) => {
  if (isLoopback(hostname)) callback(null, [{ address: "127.0.0.1", family: 4 }]);
  else lookup(hostname, options, callback);
};

/**
 * For a browser that somebody drives who is a stranger to the operator: without it they would look at this machine's
 * network from within. It leads to public addresses, and to the domains it is given wherever those are.
 */
export async function openPublicOnlyProxy({
  domains,
}: {
  /** Registrable domains, or addresses, of the site itself. */
  domains: readonly string[];
}): Promise<PublicOnlyProxy> {
  const own = new Set(domains);
  const allowed = {
    allowsHost: (hostname: string) => own.has(registrableDomain(hostname)),
    allowsAddress: () => false,
  };
  const refused = () => new RequestError("The address is not public.", 403);
  // All it has to be is called; the type asks for what `util.promisify` looks for too.
  const dnsLookup = checkedLookup({ allowed, refused, resolve }) as unknown as typeof lookup;
  const proxy = new Server({
    host: "127.0.0.1",
    port: 0,
    prepareRequestFunction({ hostname }) {
      if (isAddress(hostname) && !mayConnect({ hostname, address: hostname }, allowed)) throw refused();
      return { dnsLookup };
    },
  });
  await proxy.listen();
  return {
    server: `http://127.0.0.1:${proxy.port}`,
    [Symbol.asyncDispose]: () => proxy.close(true),
  };
}
