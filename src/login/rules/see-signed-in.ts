import { describePage, stateOf } from "../page-state.ts";
import type { Rule } from "../situation.ts";

/**
 * The page in view proves the login, complete or not: it offers to sign out, on the source's host, once the login's
 * own pages are left. The source page need not be opened again.
 */
export const seeSignedIn: Rule = (situation) => {
  const { history, snapshot, ownCheck } = situation;
  const state = stateOf(situation);
  const { judgement, submits, onLoginPage, forms } = state;
  const saw = describePage(situation);

  if (history.lookedSignedIn === true) {
    return {
      saw,
      doing: "signed in",
      reason: "the source page is a signed-in user's",
      action: { kind: "signed_in" },
    };
  }
  // A site with a check of its own is asked at the source page, and nobody else.
  if (ownCheck || submits === 0 || snapshot.activity.navigating) return undefined;
  if (judgement.verdict !== "signed_in" || judgement.evidence !== "strong") return undefined;
  if (onLoginPage || snapshot.frames[0]?.readyState === "loading" || !state.onSourceHost) return undefined;
  if (state.passwordForm !== null || state.usernameForm !== null || state.codeForm !== null) return undefined;
  // A page that lets nobody past before a new password is chosen may offer to sign out as well.
  if (forms.some(({ fields }) => fields.some(({ purpose }) => purpose === "new_password"))) return undefined;
  return { saw, doing: "signed in", reason: judgement.reason, action: { kind: "signed_in" } };
};
