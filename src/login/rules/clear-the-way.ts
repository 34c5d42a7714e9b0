import { quoted } from "../describe.ts";
import { linesOf, stateOf } from "../page-state.ts";
import type { Rule, Situation } from "../situation.ts";
import type { ControlSnapshot } from "../snapshot.ts";
import { says, speaksOf } from "../words.ts";

/** A cookie banner lies over what is needed: refuse if it lets us, else accept. */
export const clearTheWay: Rule = (situation) => {
  const { passwordForm, usernameForm, codeForm } = stateOf(situation);
  const form = passwordForm ?? codeForm ?? usernameForm;
  const covered =
    form !== null &&
    (form.button?.covered === true ||
      form.fields.some((field) => field.covered && field.purpose !== "checkbox"));
  if (form !== null && !covered) return undefined;
  const control = findBannerButton(situation);
  if (control === undefined) return undefined;
  return {
    saw: `a cookie banner with${quoted(control.text)}`,
    doing: `press${quoted(control.text)}`,
    reason:
      form === null ? "the banner may hide the way to the login" : "the banner lies over the login form",
    action: { kind: "click", control: control.ref, what: "dismiss" },
  };
};

function findBannerButton(situation: Situation): ControlSnapshot | undefined {
  const { snapshot, history } = situation;
  if (
    !linesOf(situation).some((line) => speaksOf(line, "cookies")) &&
    !snapshot.frames.some((frame) => frame.dialogs.some(({ text }) => speaksOf(text, "cookies")))
  )
    return undefined;
  const tried = new Set(history.acts.filter(({ what }) => what === "dismiss").map(({ control }) => control));
  const possible = snapshot.frames
    .flatMap((frame) => frame.controls)
    .filter(
      (control) =>
        control.shown &&
        control.enabled &&
        !control.covered &&
        control.role !== "tab" &&
        !tried.has(control.text),
    );
  return (
    possible.find(({ text }) => says(text, "reject")) ?? possible.find(({ text }) => says(text, "accept"))
  );
}
