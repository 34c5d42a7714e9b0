import { quoted } from "../describe.ts";
import { describePage, linesOf, stateOf } from "../page-state.ts";
import type { Rule } from "../situation.ts";
import { says, speaksOf } from "../words.ts";

/** The site wants a second factor, a passkey or the like set up: never done, skipped where that is offered. */
export const declineEnrolment: Rule = (situation) => {
  const { history, snapshot } = situation;
  const { judgement, codeForm, settled, passkeyUses } = stateOf(situation);
  if (history.passwordSubmits + passkeyUses === 0 || history.codeSubmits > 0) return undefined;
  if (codeForm === null && judgement.verdict === "signed_in") return undefined;
  const line = linesOf(situation).find((text) => speaksOf(text, "enrol"));
  if (line === undefined) return undefined;
  if (!settled) {
    return {
      saw: describePage(situation),
      doing: "wait",
      reason: "the page may not be complete yet",
      action: { kind: "wait" },
    };
  }
  const tried = new Set(history.acts.map(({ control }) => control));
  const skip = snapshot.frames
    .flatMap((frame) => frame.controls)
    .find(
      (control) =>
        control.shown && control.enabled && says(control.text, "notNow") && !tried.has(control.text),
    );
  const saw = `${describePage(situation)} with${quoted(line)}`;
  if (skip !== undefined) {
    return {
      saw,
      doing: `press${quoted(skip.text)}`,
      reason: "the site proposes to set up a second factor, which is the user's business",
      action: { kind: "click", control: skip.ref, what: "continue" },
    };
  }
  if (codeForm === null) return undefined;
  return {
    saw,
    doing: "stop: a second factor is to be set up",
    reason: "the site lets nobody in before a second factor is set up, which is the user's business",
    action: {
      kind: "fail",
      code: "account_unusable",
      message: "The site demands that a second factor be set up first.",
      siteMessage: line,
    },
  };
};
