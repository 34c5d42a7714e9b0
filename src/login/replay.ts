import { isDeepStrictEqual } from "node:util";
import { decide } from "./decide.ts";
import type { Decision, Situation } from "./situation.ts";
import { malformed, type StoredDecision, type StoredLogin } from "./stored-login.ts";

/** A member of a decision that is no longer what was stored. */
export interface Difference {
  member: string;
  stored: unknown;
  today: unknown;
}

export interface ReplayedStep {
  atMs: number;
  url: string;
  /** What is decided today. */
  decision: Decision;
  /** Nothing where it is what was decided then. */
  differences: Difference[];
}

/**
 * Decides on every stored page again; no browser, no network.
 * @throws Failure `invalid_argument` where a stored page is not whole
 */
export function replay({ steps }: StoredLogin): ReplayedStep[] {
  return steps.map(({ atMs, decision: stored, situation: seen }, index) => {
    const decision = decideAgain(seen, index);
    return { atMs, url: seen.snapshot.url, decision, differences: differencesOf(stored, decision) };
  });
}

function decideAgain(seen: Situation, index: number): Decision {
  try {
    return decide(seen);
  } catch (cause) {
    throw malformed(`the page of step ${index + 1} is not whole`, cause);
  }
}

/** What the rule and its action were and are; words may be put better any day. */
function differencesOf(stored: StoredDecision, today: Decision): Difference[] {
  const then: Record<string, unknown> = { rule: stored.rule, ...stored.action };
  // As JSON, like what was stored: a member that is undefined is none.
  const now = JSON.parse(JSON.stringify({ rule: today.rule, ...today.action })) as Record<string, unknown>;
  return Object.keys(then)
    .filter((member) => member !== "message" && !isDeepStrictEqual(then[member], now[member]))
    .map((member) => ({ member, stored: then[member], today: now[member] ?? null }));
}
