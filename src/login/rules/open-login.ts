import { quoted } from "../describe.ts";
import { findHiddenSignIn, findSignIn, isByOthers } from "../judge-signed-in.ts";
import { describePage, stateOf } from "../page-state.ts";
import type { Rule } from "../situation.ts";

/** A button that did nothing for so long is pressed once more, in milliseconds. */
const pressAgainMs = 1_500;

/** A page without a login form, but with the way to one. */
export const openLogin: Rule = (situation) => {
  const { passwordForm, usernameForm, codeForm, judgement, settled, passkeyUses } = stateOf(situation);
  const { history, snapshot } = situation;
  if (passwordForm !== null || usernameForm !== null || codeForm !== null) return undefined;
  if (judgement.verdict === "signed_in" && judgement.evidence === "strong") return undefined;
  if (history.codeSubmits >= 2) return undefined;
  // After a login only once the source page was looked at and still offers to sign in: single sign-on then needs no form.
  if (history.passwordSubmits + passkeyUses > 0 && history.lookedSignedIn !== false) return undefined;
  const control = findSignIn(snapshot) ?? (settled ? findHiddenSignIn(snapshot) : undefined);
  if (control === undefined) return undefined;
  // The site's own login, or a choice of ways, may yet appear.
  if (isByOthers(control) && !settled) return undefined;
  const presses = history.acts.filter(({ what }) => what === "sign_in");
  const here = presses.filter(
    (act) => act.control === control.text && act.documentId === snapshot.frames[0]?.documentId,
  );
  // A page that was not awake yet when its button was pressed is given one more chance.
  const again = here.length === 1 && snapshot.activity.sinceActMs >= pressAgainMs && settled;
  if (presses.length >= 3 || (here.length > 0 && !again)) return undefined;
  // After a login a page's code may offer to sign in for a moment before it knows that the user is.
  if (history.passwordSubmits + passkeyUses > 0 && !settled && snapshot.frames[0]?.scripted === true) {
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
