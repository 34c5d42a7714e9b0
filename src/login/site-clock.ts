/** What answers' `Date` headers tell of a site's clock. */
export interface SiteClock {
  /** An answer to a request sent at `sentAt` and received at `receivedAt`, our epoch milliseconds. */
  note(answer: {
    date: string | undefined;
    age: string | undefined;
    sentAt: number;
    receivedAt: number;
  }): void;
  /** How far the site's clock is ahead of ours, in milliseconds; 0 until it is known. */
  offsetMs(): number;
}

/** A clock further off than this is a broken one, or not the clock that checks codes. */
const mostOffsetMs = 90_000;

/**
 * Narrows the offset down answer by answer: the header has whole seconds, cut off (RFC 9110 §6.6.1), and was written
 * somewhere between request and answer, so each answer gives a range, and the ranges have to overlap.
 */
export function createSiteClock(): SiteClock {
  let least = Number.NEGATIVE_INFINITY;
  let most = Number.POSITIVE_INFINITY;
  return {
    note({ date, age, sentAt, receivedAt }) {
      // An answer out of a cache tells of another moment.
      if (date === undefined || (age !== undefined && age !== "0")) return;
      const second = Date.parse(date);
      if (Number.isNaN(second)) return;
      const range = { least: second - receivedAt, most: second + 1_000 - sentAt };
      if (Math.abs((range.least + range.most) / 2) > mostOffsetMs) return;
      const agrees = range.least <= most && range.most >= least;
      least = agrees ? Math.max(least, range.least) : range.least;
      most = agrees ? Math.min(most, range.most) : range.most;
    },
    offsetMs: () => (Number.isFinite(least) ? Math.round((least + most) / 2) : 0),
  };
}
