import { channelOf } from "../channel.ts";
import { describeForm, quoted } from "../describe.ts";
import { linesOf, stateOf } from "../page-state.ts";
import type { SignInForm } from "../sign-in-form.ts";
import { answersOf, findComplaint, findSaying } from "../site-words.ts";
import type { Fill, Rule, Situation } from "../situation.ts";
import { speaksOf } from "../words.ts";

/** The site asks for a one-time code. */
export const enterCode: Rule = (situation) => {
  const { codeForm } = stateOf(situation);
  const { history, has } = situation;
  if (codeForm === null || history.codeSubmits >= 2) return undefined;
  // On a form with user name and password it is typed along with them.
  if (history.passwordSubmits === 0 && codeForm.password !== null) return undefined;
  const hasBegun = history.passwordSubmits + history.usernameSubmits > 0;
  if (!hasBegun && !aboutSigningIn(situation)) return undefined;
  const saw = describeForm(codeForm);

  const sent = linesOf(situation).find((line) => speaksOf(line, "sentCode"));
  const fromApp = saidBesideControls(situation).some((line) => speaksOf(line, "authenticator"));
  const elsewhere = sent !== undefined && !fromApp;
  if (elsewhere && has.oneTimeCode && anotherWayOffered(situation)) return undefined;
  // Nobody is needed where a mailbox can have it.
  if (!has.oneTimeCode && has.mailbox && !elsewhere && mailOffered(situation)) return undefined;

  const again = whyAgain(situation, codeForm);
  if (again === "not yet") return undefined;
  if ((!has.oneTimeCode || elsewhere) && !history.codeInHand)
    return needCode(situation, { saw, sent: elsewhere ? sent : undefined });

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
  const which = history.codeInHand
    ? "the code that was handed in"
    : again === undefined
      ? "the one-time code"
      : "a fresh one-time code";
  return {
    saw,
    doing: `submit ${which}`,
    reason: again ?? "the site asks for a one-time code",
    action: { kind: "submit", fills, tick, button: codeForm.button?.ref ?? null, what: ["code"] },
  };
};

/** Undefined for a first code; why a second is given; or that the first is not known to be refused. */
function whyAgain(situation: Situation, codeForm: SignInForm): string | undefined {
  const { lastAct, answered } = stateOf(situation);
  const { activity } = situation.snapshot;
  if (lastAct?.what.includes("code") !== true) return undefined;
  const answers = answersOf(situation);
  const emptied = codeForm.code.every((field) => !field.filled);
  const refused =
    findSaying(answers, "wrongCode", "wrongCredentials") ?? (emptied ? findComplaint(answers) : undefined);
  const isBack = answered && emptied && activity.sinceActMs > 300 && activity.stillMs > 300;
  if (refused === undefined && !isBack) return "not yet";
  // The password would have to be sent again as well.
  if (codeForm.password !== null && !codeForm.password.filled) return "not yet";
  return `the site refused the first code${refused === undefined ? "" : `:${quoted(refused.text)}`}; another one is tried once`;
}

/** A code that cannot be computed: it is waited for, or the login ends. */
function needCode(
  { has }: Situation,
  { saw, sent }: { saw: string; sent: string | undefined },
): ReturnType<Rule> {
  const seen = sent === undefined ? saw : `${saw}, and${quoted(sent)}`;
  const reason =
    sent === undefined
      ? "the site asks for a one-time code and the identity has no authenticator"
      : "the site sent the code to a mailbox or a phone";
  if (has.outOfBand) {
    return {
      saw: seen,
      doing: "wait for a code",
      reason,
      action: {
        kind: "await_out_of_band",
        request: {
          channel: sent === undefined ? "unknown" : channelOf(sent),
          expects: sent === undefined ? "code" : "either",
          siteMessage: sent,
        },
      },
    };
  }
  return {
    saw: seen,
    doing: "stop: a code is needed",
    reason,
    action: {
      kind: "fail",
      code: "one_time_code_required",
      message:
        sent === undefined
          ? "The site asks for a one-time code and the identity has none to give."
          : "The site asks for a one-time code that it sent to a mailbox or a phone.",
      ...(sent === undefined ? {} : { siteMessage: sent }),
    },
  };
}

/** What the page says, without its buttons and links: "Use your authenticator app" is an offer, no description. */
function saidBesideControls(situation: Situation): string[] {
  const controls = situation.snapshot.frames
    .flatMap((frame) => frame.controls)
    .filter(({ shown, text }) => shown && text !== "")
    .map(({ text }) => text);
  return linesOf(situation).map((line) => controls.reduce((rest, text) => rest.replace(text, " "), line));
}

/** Before the site was given anything, a field for a code must stand on a page about signing in. */
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

function mailOffered({ snapshot, history }: Situation): boolean {
  return snapshot.frames.some((frame) =>
    frame.controls.some(
      (control) =>
        control.shown &&
        control.enabled &&
        speaksOf(control.text, "byEmail") &&
        speaksOf(control.text, "sendCode", "oneTimeCode") &&
        !history.acts.some((act) => act.control === control.text),
    ),
  );
}
