import { type LookupAddress, type LookupOptions, lookup as lookUp } from "node:dns";
import { buildConnector } from "undici";
import { type AllowedDestinations, isAddress, mayConnect } from "../../destinations.ts";
import { Failure } from "../../failure.ts";

/** Asks DNS for all addresses of a name, as `dns.lookup` with `all` does. */
export type Resolve = (
  hostname: string,
  options: LookupOptions & { all: true },
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/**
 * Connects to what may be connected to. The addresses that DNS gives are checked here and the very same are connected
 * to: nobody can answer once with a public address, to pass, and then with another. One bad address refuses them all.
 */
export function createConnector({
  allowed,
  timeoutMs,
  resolve = lookUp,
}: {
  allowed: AllowedDestinations;
  timeoutMs: number;
  resolve?: Resolve;
}): buildConnector.connector {
  const connect = buildConnector({
    timeout: timeoutMs,
    allowH2: false,
    lookup(hostname, options, callback) {
      resolve(hostname, { ...options, all: true }, (error, addresses) => {
        const [first] = addresses ?? [];
        if (error !== null || first === undefined) {
          callback(error ?? unknownHost(), "");
        } else if (!addresses.every(({ address }) => mayConnect({ hostname, address }, allowed))) {
          callback(refused(), "");
        } else if (options.all === true) {
          callback(null, addresses);
        } else {
          callback(null, first.address, first.family);
        }
      });
    },
  });
  return (options, callback) => {
    // An address is not looked up: nobody would check it.
    const { hostname } = options;
    if (isAddress(hostname) && !mayConnect({ hostname, address: hostname }, allowed))
      callback(refused(), null);
    else connect(options, callback);
  };
}

const unknownHost = () => Object.assign(new Error("No address."), { code: "ENOTFOUND" });

function refused(): Failure {
  return new Failure(
    "invalid_argument",
    "Its host leads to an address that is not public and that LATCHKEY_WEBHOOK_ALLOW does not list: nothing was sent.",
  );
}
