import { describePage, stateOf } from "../page-state.ts";
import type { Rule, Situation } from "../situation.ts";

/** So long a page must stand still before its silence is believed, in milliseconds. */
const stillForMs = 300;

/**
 * An app that keeps its address: the source page has been in view all along, the submit was answered and not
 * refused, and the login form and every way to sign in are gone. Opening it anew would throw away a login kept in
 * the page's memory. Where the site refused the very page with 401 before and gives it now, no more is asked of it than
 * to be complete and without a login.
 */
export const believeSignedIn: Rule = (situation) => {
  const { snapshot, ownCheck } = situation;
  const state = stateOf(situation);
  const { judgement, submits, atSource, documentChanged, settled } = state;
  if (ownCheck || !atSource || judgement.verdict !== "signed_in") return undefined;
  const saw = describePage(situation);
  if (submits === 0) {
    if (judgement.evidence === "weak") return undefined;
    return {
      saw,
      doing: "signed in",
      reason: `${judgement.reason}: there is nothing to do`,
      action: { kind: "signed_in" },
    };
  }
  if (state.passwordForm !== null || state.usernameForm !== null || state.codeForm !== null) return undefined;
  if (hasUnlocked(situation)) {
    return {
      saw,
      doing: "signed in",
      reason: "the site gives the page that it refused before it had the password",
      action: { kind: "signed_in" },
    };
  }
  if (documentChanged || refused(situation)) return undefined;
  const { stillMs, quietMs } = snapshot.activity;
  if (!settled || Math.min(stillMs, quietMs) < stillForMs) {
    return { saw, doing: "wait", reason: "the page may not be complete yet", action: { kind: "wait" } };
  }
  return {
    saw,
    doing: "signed in",
    reason: "the login form is gone from the source page, and so is every way to sign in",
    action: { kind: "signed_in" },
  };
};

/** The page in view was refused with 401 before, and is here complete. */
function hasUnlocked({ snapshot: { activity, frames } }: Situation): boolean {
  const { documentUnlocked, navigating, pendingReads, pendingWrites } = activity;
  const pending = navigating || pendingReads + pendingWrites > 0 || frames.some(({ busy }) => busy);
  return documentUnlocked === true && frames[0]?.readyState === "complete" && !pending;
}

function refused({ snapshot }: Situation): boolean {
  return snapshot.activity.answers.some(({ write, status }) => write && status >= 400);
}
