import { findSleepingCodeForm } from "../code-form.ts";
import { describePage, progressOf, stateOf } from "../page-state.ts";
import type { Rule, Situation } from "../situation.ts";

/** After the document is there, pictures and late scripts get this long before the page is used as it is. */
const longestLoadMs = 3_000;

/** A document that never ends is used as it is when nothing more came of it for so long. */
const longestStreamMs = 25_000;

/** Nothing is judged, and nothing is typed, on a page that is still on its way. */
export const waitWhileLoading: Rule = (situation) => {
  const { snapshot } = situation;
  const { activity } = snapshot;
  const main = snapshot.frames[0];
  const { lastSubmit, lastAct, documentChanged } = stateOf(situation);
  const wait = (reason: string) => ({
    saw: describePage(situation),
    doing: "wait",
    reason,
    action: { kind: "wait" } as const,
  });
  if (main === undefined) return wait("the page does not answer");
  if (activity.navigating) return wait("the next page is on its way");
  if (main.readyState === "loading" && activity.quietMs < longestStreamMs)
    return wait("the page is still loading");
  if (main.readyState === "interactive" && activity.quietMs < longestLoadMs && activity.sinceActMs < 10_000) {
    return wait("the page's scripts are still loading");
  }
  if (lastSubmit !== undefined && lastAct === lastSubmit && !documentChanged && activity.pendingWrites > 0) {
    return wait("the site has not answered the submit yet");
  }
  if (isWaking(situation)) return wait("the field for the code cannot be typed into yet");
  return undefined;
};

/** After the password a form for a code is there, its field disabled until the page's code is awake. */
function isWaking(situation: Situation): boolean {
  const { has, history, snapshot } = situation;
  const { forms, codeForm, passwordForm } = stateOf(situation);
  return (
    history.passwordSubmits > 0 &&
    codeForm === null &&
    passwordForm === null &&
    snapshot.activity.stillMs < longestLoadMs &&
    findSleepingCodeForm(forms, progressOf(history, has)) !== null
  );
}
