import { Failure } from "../../failure.ts";

/** Limits how often an address may come with what is no good, outside of HTTP requests. */
export interface AttemptLimit {
  /** Counts an attempt before it is looked into. @throws Failure `too_many_requests` */
  count(address: string): void;
  /** It was good after all. */
  forgive(address: string): void;
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
    count(address) {
      renew();
      const attempts = counts.get(address) ?? 0;
      if (attempts >= mostPerMinute)
        throw new Failure(
          "too_many_requests",
          "Too many attempts that were no good came from this address.",
          {
            retryAfterMs: until - Date.now(),
          },
        );
      counts.set(address, attempts + 1);
    },
    forgive(address) {
      const attempts = counts.get(address) ?? 0;
      if (attempts > 0) counts.set(address, attempts - 1);
    },
  };
}
