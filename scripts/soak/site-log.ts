import type { Visit } from "../../practice/visitors.ts";

/** One attempt at a piece of work, as the site saw it; times in milliseconds of the site's own clock. */
export interface SeenAttempt {
  attempt: string;
  work: number;
  username: string;
  sessionId: string;
  begunAt: number;
  lastAt: number;
  ended: boolean;
}

/** What the site saw of the work that was done on it. */
export interface SiteLog {
  onVisit(visit: Visit): void;
  readonly attempts: readonly SeenAttempt[];
  readonly submitsOf: ReadonlyMap<string, number>;
  /** Pairs of attempts of one user that were at work at the same time. */
  overlaps(): [SeenAttempt, SeenAttempt][];
}

export function createSiteLog(): SiteLog {
  const byAttempt = new Map<string, SeenAttempt>();
  const submitsOf = new Map<string, number>();

  return {
    onVisit({ method, url, sessionId, username }) {
      if (username === undefined) return;
      const { pathname, searchParams } = new URL(url, "http://site");
      if (method === "POST" && pathname === "/login/password")
        submitsOf.set(username, (submitsOf.get(username) ?? 0) + 1);
      const attempt = searchParams.get("attempt");
      if (pathname !== "/statements" || attempt === null) return;
      const now = performance.now();
      const seen = byAttempt.get(attempt) ?? {
        attempt,
        work: Number(searchParams.get("work")),
        username,
        sessionId,
        begunAt: now,
        lastAt: now,
        ended: false,
      };
      seen.lastAt = now;
      seen.ended ||= searchParams.get("turn") === "end";
      byAttempt.set(attempt, seen);
    },
    get attempts() {
      return [...byAttempt.values()];
    },
    submitsOf,
    overlaps() {
      const found: [SeenAttempt, SeenAttempt][] = [];
      for (const mine of Map.groupBy(byAttempt.values(), ({ username }) => username).values()) {
        mine.sort((a, b) => a.begunAt - b.begunAt);
        for (const [index, one] of mine.entries()) {
          for (const other of mine.slice(index + 1)) if (other.begunAt < one.lastAt) found.push([one, other]);
        }
      }
      return found;
    },
  };
}
