import { type LookupAddress, type LookupOptions, lookup as lookUp } from "node:dns";
import type { LookupFunction } from "node:net";
import { type AllowedDestinations, mayConnect } from "./destinations.ts";

/** Asks DNS for all addresses of a name, as `dns.lookup` with `all` does. */
export type Resolve = (
  hostname: string,
  options: LookupOptions & { all: true },
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/**
 * A `lookup` for sockets that answers with addresses that may be connected to, and with `refused()` for others. The
 * addresses that are checked are the ones that are connected to: nobody can answer once with a public address, to pass,
 * and then with another. One bad address refuses them all. Addresses in place of names are not looked up: check those
 * yourself.
 */
export function checkedLookup({
  allowed,
  refused,
  resolve = lookUp,
}: {
  allowed: AllowedDestinations;
  refused: () => Error;
  resolve?: Resolve;
}): LookupFunction {
  return (hostname, options, callback) => {
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
  };
}

const unknownHost = () => Object.assign(new Error("No address."), { code: "ENOTFOUND" });
