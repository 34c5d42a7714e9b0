import type { RunEvent } from "../../events.ts";

/** What happens while somebody is signed in, in the order it happens. */
export type ConnectStepName = "turn" | "browser" | "site" | "credentials" | "code" | "proof";

export interface ConnectStep {
  name: ConnectStepName;
  status: "to come" | "under way" | "done";
}

/** The login engine's own words for an act that gives the site something of the visitor's. */
const gives = /^(?:submit|give|answer)\b/;

/**
 * How far a sign-in is, by the events of its run so far. A code is a step only where the site asks for one, and a turn
 * only where the identity's other sessions leave no room; a `look` at what somebody has signed in to by hand gives the site nothing.
 */
export function stepsOf(events: readonly RunEvent[], { isLook = false } = {}): ConnectStep[] {
  let reached: ConnectStepName = "browser";
  let withCode = false;
  let withTurn = false;
  let done = false;
  for (const event of events) {
    // Looking whether it is its turn is waiting for it, still.
    if (event.type === "started") [reached, withCode] = [withTurn ? "turn" : "browser", false];
    else if (event.type === "stage" && event.stage === "session" && event.status === "started")
      reached = "browser";
    else if (event.type === "deferred") [reached, withTurn] = ["turn", true];
    else if (event.type === "stage" && event.stage === "login" && event.status === "started")
      reached = isLook ? "proof" : "site";
    else if (event.type === "decision" && gives.test(event.decision.action))
      reached = event.decision.action.includes("code") ? "code" : "credentials";
    else if (event.type === "waiting_for_code" || event.type === "code_received") reached = "code";
    else if (event.type === "login" && event.result === "signed_in") reached = "proof";
    else if (event.type === "outcome") done = event.outcome.status === "succeeded";
    withCode ||= reached === "code";
  }
  const turn = withTurn ? ["turn" as const] : [];
  const names: ConnectStepName[] = isLook
    ? [...turn, "browser", "proof"]
    : [...turn, "browser", "site", "credentials", ...(withCode ? ["code" as const] : []), "proof"];
  const at = names.indexOf(reached);
  return names.map((name, index) => ({
    name,
    status: done || index < at ? "done" : index === at ? "under way" : "to come",
  }));
}
