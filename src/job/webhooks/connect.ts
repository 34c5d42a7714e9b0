import { buildConnector } from "undici";
import { checkedLookup, type Resolve } from "../../checked-lookup.ts";
import { type AllowedDestinations, isAddress, mayConnect } from "../../destinations.ts";
import { Failure } from "../../failure.ts";

/**
 * Connects to what may be connected to. The addresses that DNS gives are checked here and the very same are connected
 * to: nobody can answer once with a public address, to pass, and then with another. One bad address refuses them all.
 */
export function createConnector({
  allowed,
  timeoutMs,
  resolve,
}: {
  allowed: AllowedDestinations;
  timeoutMs: number;
  resolve?: Resolve;
}): buildConnector.connector {
  const connect = buildConnector({
    timeout: timeoutMs,
    allowH2: false,
    lookup: checkedLookup({ allowed, refused, ...(resolve === undefined ? {} : { resolve }) }),
  });
  return (options, callback) => {
    // An address is not looked up: nobody would check it.
    const { hostname } = options;
    if (isAddress(hostname) && !mayConnect({ hostname, address: hostname }, allowed))
      callback(refused(), null);
    else connect(options, callback);
  };
}

function refused(): Failure {
  return new Failure(
    "invalid_argument",
    "Its host leads to an address that is not public and that LATCHKEY_WEBHOOK_ALLOW does not list: nothing was sent.",
  );
}
