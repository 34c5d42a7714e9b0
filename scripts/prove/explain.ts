import type { LoginDecision } from "../../src/outcome.ts";

/** A login's decisions, a line for what was done and one for what was seen and why. */
export function explain(decisions: readonly LoginDecision[]): string {
  return decisions
    .map(
      ({ atMs, url, saw, action, reason }) =>
        `      ${`${(atMs / 1_000).toFixed(1)} s`.padStart(8)}  ${action}\n                saw ${saw}\n                why ${reason}\n                on  ${url}`,
    )
    .join("\n");
}
