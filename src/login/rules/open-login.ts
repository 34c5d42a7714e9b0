import { quoted } from "../forms.ts";
import { findSignIn } from "../judge-signed-in.ts";
import { describePage, stateOf } from "../page-state.ts";
import type { Rule } from "../situation.ts";

/** A page without a login form, but with the way to one. */
export const openLogin: Rule = (situation) => {
  const { passwordForm, usernameForm, codeForm, judgement, settled } = stateOf(situation);
  const { history, snapshot } = situation;
  if (passwordForm !== null || usernameForm !== null || codeForm !== null) return undefined;
  if (judgement.verdict === "signed_in" && judgement.evidence === "strong") return undefined;
  if (history.codeSubmits >= 2) return undefined;
  // After a login only once the source page was looked at and still offers to sign in: single sign-on then needs no form.
  if (history.passwordSubmits > 0 && history.lookedSignedIn !== false) return undefined;
  const control = findSignIn(snapshot);
  if (control === undefined) return undefined;
  const pressed = history.acts.filter(
    (act) =>
      act.what === "sign_in" &&
      act.control === control.text &&
      act.documentId === snapshot.frames[0]?.documentId,
  );
  const all = history.acts.filter((act) => act.what === "sign_in");
  if (pressed.length > 0 || all.length >= 3) return undefined;
  // A page's code may offer to sign in for a moment before it knows that the user is.
  if (!settled && snapshot.frames[0]?.scripted === true) {
    return {
      saw: describePage(situation),
      doing: "wait",
      reason: "the page may not be complete yet",
      action: { kind: "wait" },
    };
  }
  return {
    saw: `${describePage(situation)} with${quoted(control.text)}`,
    doing: `press${quoted(control.text)}`,
    reason: "there is no login form here, but a way to one",
    action: { kind: "click", control: control.ref, what: "sign_in" },
  };
};
