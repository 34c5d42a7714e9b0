import { quoted } from "../describe.ts";
import { describePage, linesOf, stateOf } from "../page-state.ts";
import type { Rule, Situation } from "../situation.ts";
import type { ControlSnapshot } from "../snapshot.ts";
import { type Concept, says, speaksOf } from "../words.ts";

/** More buttons and links than a step in between has. */
const mostControls = 20;

/** How long a button may stay disabled, in milliseconds. */
const longestAsleepMs = 8_000;

/** Between login and site: "stay signed in?", "allow access?", "add a passkey?", a lone "Continue". */
export const passInterstitial: Rule = (situation) => {
  const state = stateOf(situation);
  const { submits, passwordForm, usernameForm, codeForm, judgement } = state;
  const { atSource, settled, onLoginPage, lastAct } = state;
  if (submits === 0 || passwordForm !== null || usernameForm !== null || codeForm !== null) return undefined;
  if (judgement.verdict === "signed_in" && judgement.evidence === "strong" && (atSource || !onLoginPage))
    return undefined;
  // A page with much to do on it is no step in between, whatever it speaks of.
  if (controlsShown(situation).length > mostControls) return undefined;
  const lines = linesOf(situation);
  const page = describePage(situation);
  const click = (
    concepts: Concept[],
    reason: string,
    what: "continue" | "consent" = "continue",
  ): ReturnType<Rule> => {
    const control = controlsLeft(situation).find(({ text }) =>
      concepts.some((concept) => says(text, concept)),
    );
    return (
      control && {
        saw: `${page} with${quoted(control.text)}`,
        doing: `press${quoted(control.text)}`,
        reason,
        action: { kind: "click", control: control.ref, what },
      }
    );
  };
  if (lines.some((line) => speaksOf(line, "staySignedIn"))) {
    return (
      click(["yes", "next", "staySignedIn"], "the site offers to stay signed in, which saves logins") ??
      click(["notNow"], "the site asks something beside the login")
    );
  }
  if (lines.some((line) => speaksOf(line, "consent"))) {
    const allowed = click(["allow"], "the site asks to let the application use the account", "consent");
    if (allowed !== undefined || !isAllowAsleep(situation)) return allowed;
    return {
      saw: page,
      doing: "wait",
      reason: "the button to allow is not enabled yet",
      action: { kind: "wait" },
    };
  }
  const fields = situation.snapshot.frames
    .flatMap((frame) => frame.fields)
    .filter((field) => field.shown && field.kind !== "checkbox");
  const notNow = controlsLeft(situation).find(({ text }) => says(text, "notNow"));
  if (notNow !== undefined && (!atSource || onLoginPage))
    return click(["notNow"], "the site proposes something that is not needed to sign in");
  // Going ahead would make one, which is the user's business.
  if (lines.some((line) => speaksOf(line, "makePasskey"))) return undefined;
  const ahead = controlsLeft(situation).filter(({ text, role }) => role !== "tab" && says(text, "next"));
  // A way was chosen on this page, and the button beside it goes that way.
  const chosen = lastAct?.what === "method";
  if (ahead.length === 1 && fields.length === 0 && (onLoginPage || chosen)) {
    if (!settled)
      return {
        saw: page,
        doing: "wait",
        reason: "the page may not be complete yet",
        action: { kind: "wait" },
      };
    return click(["next"], "the login page has nothing left but a way to go on");
  }
  return undefined;
};

/** Some servers enable the button to allow only after a while, so that nobody presses it by mistake. */
function isAllowAsleep({ snapshot }: Situation): boolean {
  return (
    snapshot.activity.sinceActMs < longestAsleepMs &&
    snapshot.frames
      .flatMap((frame) => frame.controls)
      .some(({ shown, enabled, text }) => shown && !enabled && says(text, "allow"))
  );
}

function controlsShown({ snapshot }: Situation): ControlSnapshot[] {
  return snapshot.frames.flatMap((frame) => frame.controls).filter(({ shown, enabled }) => shown && enabled);
}

function controlsLeft(situation: Situation): ControlSnapshot[] {
  const { history } = situation;
  const clicks = history.acts.filter(({ kind }) => kind === "click");
  if (clicks.length >= 6) return [];
  const tried = new Set(clicks.map(({ control }) => control));
  return controlsShown(situation).filter(({ text }) => !tried.has(text));
}
