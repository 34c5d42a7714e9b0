import { quoted } from "../describe.ts";
import { describePage, stateOf } from "../page-state.ts";
import type { Rule, Situation } from "../situation.ts";
import type { ControlSnapshot } from "../snapshot.ts";
import { says, speaksOf } from "../words.ts";

/** The site lets the user choose how to go on: by authenticator app, by password, by another way. */
export const chooseMethod: Rule = (situation) => {
  const { has, history } = situation;
  const { judgement, settled } = stateOf(situation);
  if (judgement.verdict === "signed_in" && judgement.evidence === "strong") return undefined;
  if (history.codeSubmits >= 2) return undefined;
  // Between two steps a page may show its choices for a moment; what it asks for then comes by itself.
  if (!settled) return undefined;
  const open = controlsNotYetTried(situation);
  const pick = (control: ControlSnapshot | undefined, reason: string): ReturnType<Rule> =>
    control && {
      saw: `${describePage(situation)} with${quoted(control.text)}`,
      doing: `choose${quoted(control.text)}`,
      reason,
      action: { kind: "click", control: control.ref, what: "method" },
    };
  if (history.passwordSubmits > 0 && has.oneTimeCode) {
    const app = open.find(({ text }) => speaksOf(text, "authenticator") && !speaksOf(text, "backupCode"));
    if (app !== undefined)
      return pick(app, "the identity has an authenticator, so its code is the way to go on");
    return pick(
      open.find(({ text }) => speaksOf(text, "anotherWay")),
      "the way the site proposes needs something the identity does not have",
    );
  }
  const codes = open.filter(({ text }) => speaksOf(text, "authenticator", "oneTimeCode", "backupCode"));
  if (history.passwordSubmits > 0 && codes.length > 1) {
    return {
      saw: `${describePage(situation)} with${quoted(codes[0]?.text ?? "")}`,
      doing: "stop: a code is needed",
      reason: "the site lets the user choose among one-time codes and the identity has no authenticator",
      action: {
        kind: "fail",
        code: "one_time_code_required",
        message: "The site asks for a one-time code and the identity has none to give.",
      },
    };
  }
  if (history.passwordSubmits === 0 && has.password) {
    const byPassword = open.find(({ text }) => speaksOf(text, "usePassword") && !speaksOf(text, "forgot"));
    if (byPassword !== undefined)
      return pick(byPassword, "the identity has a password, so that is the way to go on");
    if (history.usernameSubmits === 0) {
      const other = open.find(({ text }) => says(text, "otherAccount"));
      return pick(other, "the site remembers accounts, and whose they are cannot be told");
    }
    return pick(
      open.find(({ text }) => speaksOf(text, "anotherWay")),
      "the way the site proposes needs something the identity does not have",
    );
  }
  return undefined;
};

function controlsNotYetTried({ snapshot, history }: Situation): ControlSnapshot[] {
  const tried = new Set(history.acts.filter(({ what }) => what === "method").map(({ control }) => control));
  if (tried.size >= 4) return [];
  return snapshot.frames
    .flatMap((frame) => frame.controls)
    .filter((control) => control.shown && control.enabled && control.text !== "" && !tried.has(control.text));
}
