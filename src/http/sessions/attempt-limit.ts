import { Failure } from "../../failure.ts";

/** Limits how often an address may come with what is no good, outside of HTTP requests. */
export interface AttemptLimit {
  /** @throws Failure `too_many_requests` */
  assertAllowed(address: string): void;
  count(address: string): void;
}

/** Per address and minute; generous, because behind a reverse proxy all clients have one address. */
const mostPerMinute = 600;
const minuteMs = 60_000;
/** Beyond this the count begins anew: memory is not to be had by coming from many addresses. */
const mostAddresses = 10_000;

export function createAttemptLimit(): AttemptLimit {
  const counts = new Map<string, number>();
  let until = 0;
  const renew = () => {
    if (Date.now() < until && counts.size < mostAddresses) return;
    counts.clear();
    until = Date.now() + minuteMs;
  };
  return {
    assertAllowed(address) {
      renew();
      if ((counts.get(address) ?? 0) >= mostPerMinute)
        throw new Failure(
          "too_many_requests",
          "Too many attempts that were no good came from this address.",
          {
            retryAfterMs: until - Date.now(),
          },
        );
    },
    count(address) {
      counts.set(address, (counts.get(address) ?? 0) + 1);
    },
  };
}
