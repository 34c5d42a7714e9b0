import { describeForm, quoted } from "../describe.ts";
import { linesOf, stateOf } from "../page-state.ts";
import { answersOf, findComplaint, findSaying } from "../site-words.ts";
import type { Fill, Rule, Situation } from "../situation.ts";
import { speaksOf } from "../words.ts";

/** The site asks for a one-time code. */
export const enterCode: Rule = (situation) => {
  const { codeForm, lastAct, answered } = stateOf(situation);
  const { history, has, snapshot } = situation;
  if (codeForm === null || history.codeSubmits >= 2) return undefined;
  // On a form with user name and password it is typed along with them.
  if (history.passwordSubmits === 0 && codeForm.password !== null) return undefined;
  if (history.passwordSubmits === 0 && !aboutSigningIn(situation)) return undefined;
  const saw = describeForm(codeForm);

  const sent = linesOf(situation).find((line) => speaksOf(line, "sentCode"));
  const fromApp = linesOf(situation).some((line) => speaksOf(line, "authenticator"));
  const elsewhere = sent !== undefined && !fromApp;
  if (elsewhere && has.oneTimeCode && anotherWayOffered(situation)) return undefined;
  if (!has.oneTimeCode || elsewhere) {
    return {
      saw: elsewhere ? `${saw}, and${quoted(sent)}` : saw,
      doing: "stop: a code is needed",
      reason: elsewhere
        ? "the site sent the code to a mailbox or a phone"
        : "the site asks for a one-time code and the identity has no authenticator",
      action: {
        kind: "fail",
        code: "one_time_code_required",
        message: elsewhere
          ? "The site asks for a one-time code that it sent to a mailbox or a phone."
          : "The site asks for a one-time code and the identity has none to give.",
        ...(elsewhere ? { siteMessage: sent } : {}),
      },
    };
  }

  const fills = codeForm.code.map(
    (field, part): Fill => ({ ref: field.ref, value: "code", ...(codeForm.code.length > 1 ? { part } : {}) }),
  );
  const tick = codeForm.fields
    .filter(
      (field) =>
        field.purpose === "checkbox" &&
        !field.filled &&
        speaksOf(`${field.label} ${field.near}`, "staySignedIn"),
    )
    .map(({ ref }) => ref);
  const submit = (reason: string, doing = "submit the one-time code"): ReturnType<Rule> => ({
    saw,
    doing,
    reason,
    action: { kind: "submit", fills, tick, button: codeForm.button?.ref ?? null, what: ["code"] },
  });

  if (lastAct?.what.includes("code") !== true) return submit("the site asks for a one-time code");
  const answers = answersOf(situation);
  const emptied = codeForm.code.every((field) => !field.filled);
  const refused =
    findSaying(answers, "wrongCode", "wrongCredentials") ?? (emptied ? findComplaint(answers) : undefined);
  const isBack = answered && emptied && snapshot.activity.sinceActMs > 300 && snapshot.activity.stillMs > 300;
  if (refused === undefined && !isBack) return undefined;
  // The password would have to be sent again as well.
  if (codeForm.password !== null && !codeForm.password.filled) return undefined;
  return submit(
    `the site refused the first code${refused === undefined ? "" : `:${quoted(refused.text)}`}; a code of the next time step is tried once`,
    "submit a fresh one-time code",
  );
};

/** Before a password was given, a field for a code must stand on a page about signing in. */
function aboutSigningIn({ snapshot }: Situation): boolean {
  return snapshot.frames.some((frame) =>
    [
      frame.title,
      ...frame.headings,
      ...frame.controls.filter((control) => control.shown).map((control) => control.text),
    ].some((text) => speaksOf(text, "signIn", "oneTimeCode")),
  );
}

function anotherWayOffered({ snapshot }: Situation): boolean {
  return snapshot.frames.some((frame) =>
    frame.controls.some(
      (control) => control.shown && control.enabled && speaksOf(control.text, "authenticator", "anotherWay"),
    ),
  );
}
