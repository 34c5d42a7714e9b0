import { quoted } from "../describe.ts";
import { describePage, linesOf, stateOf } from "../page-state.ts";
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
  if (history.passwordSubmits > 0)
    return has.oneTimeCode ? secondFactor(situation) : codeFromElsewhere(situation);
  if (has.password) return firstFactor(situation);
  return history.usernameSubmits > 0 ? codeFromElsewhere(situation) : withoutPassword(situation);
};

function secondFactor(situation: Situation): ReturnType<Rule> {
  const app = controlsNotYetTried(situation).find(
    ({ text }) => speaksOf(text, "authenticator") && !speaksOf(text, "backupCode"),
  );
  return app === undefined
    ? anotherWay(situation)
    : pick(situation, app, "the identity has an authenticator, so its code is the way to go on");
}

function firstFactor(situation: Situation): ReturnType<Rule> {
  const open = controlsNotYetTried(situation);
  const byPassword = open.find(({ text }) => speaksOf(text, "usePassword") && !speaksOf(text, "forgot"));
  if (byPassword !== undefined)
    return pick(situation, byPassword, "the identity has a password, so that is the way to go on");
  const passkeyWanted = linesOf(situation).some((line) => speaksOf(line, "passkey"));
  if (situation.history.usernameSubmits > 0 || passkeyWanted) return anotherWay(situation);
  const other = open.find(({ text }) => says(text, "otherAccount"));
  return pick(situation, other, "the site remembers accounts, and whose they are cannot be told");
}

/** No code can be computed: one is asked for that a mailbox, or somebody, will have. */
function codeFromElsewhere(situation: Situation): ReturnType<Rule> {
  const { has } = situation;
  const untried = controlsNotYetTried(situation);
  const ways = untried.filter(({ text }) => speaksOf(text, "authenticator", "oneTimeCode", "backupCode"));
  if (!has.outOfBand) return ways.length > 1 ? noCode(situation, ways[0]) : undefined;
  const sending = untried.filter(({ text }) => speaksOf(text, "sendCode"));
  const mailed = [...sending, ...ways].find(({ text }) => speaksOf(text, "byEmail"));
  if (has.mailbox && mailed !== undefined)
    return pick(situation, mailed, "the identity has a mailbox, so what is sent there is the way to go on");
  if (stateOf(situation).codeForm !== null) return has.mailbox ? anotherWay(situation) : undefined;
  const chosen = ways.length > 1 ? ways.find(({ text }) => !speaksOf(text, "backupCode")) : undefined;
  return pick(situation, sending[0] ?? chosen, "the site sends a code, and somebody can hand it in");
}

/** The identity has a user name only: a site that sends a code or a link can be signed in to all the same. */
function withoutPassword(situation: Situation): ReturnType<Rule> {
  const { has } = situation;
  if (!has.outOfBand) return undefined;
  const sending = controlsNotYetTried(situation).filter(
    ({ text }) => speaksOf(text, "sendCode") && !speaksOf(text, "forgot"),
  );
  const send = sending.find(({ text }) => speaksOf(text, "byEmail")) ?? sending[0];
  if (send === undefined) return undefined;
  const { forms, passwordForm, usernameForm } = stateOf(situation);
  const around = forms.find(({ buttons }) => buttons.some(({ ref }) => ref === send.ref));
  const field =
    around?.fields.find(({ purpose }) => purpose === "username") ??
    usernameForm?.username ??
    passwordForm?.username ??
    null;
  const reason = "the identity has no password, and the site sends a code or a link instead";
  if (field === null || field.filled || !has.username) return pick(situation, send, reason);
  return {
    saw: `${describePage(situation)} with${quoted(send.text)}`,
    doing: `give the user name and press${quoted(send.text)}`,
    reason,
    action: {
      kind: "submit",
      fills: [{ ref: field.ref, value: "username" }],
      tick: [],
      button: send.ref,
      what: ["username"],
    },
  };
}

function anotherWay(situation: Situation): ReturnType<Rule> {
  return pick(
    situation,
    controlsNotYetTried(situation).find(({ text }) => speaksOf(text, "anotherWay")),
    "the way the site proposes needs something the identity does not have",
  );
}

function noCode(situation: Situation, way: ControlSnapshot | undefined): ReturnType<Rule> {
  return {
    saw: `${describePage(situation)} with${quoted(way?.text ?? "")}`,
    doing: "stop: a code is needed",
    reason: "the site lets the user choose among one-time codes and the identity has no authenticator",
    action: {
      kind: "fail",
      code: "one_time_code_required",
      message: "The site asks for a one-time code and the identity has none to give.",
    },
  };
}

function pick(situation: Situation, control: ControlSnapshot | undefined, reason: string): ReturnType<Rule> {
  return (
    control && {
      saw: `${describePage(situation)} with${quoted(control.text)}`,
      doing: `choose${quoted(control.text)}`,
      reason,
      action: { kind: "click", control: control.ref, what: "method" },
    }
  );
}

function controlsNotYetTried(situation: Situation): ControlSnapshot[] {
  const { snapshot, history } = situation;
  const tried = history.acts.filter(({ what }) => what === "method" || what.includes("username"));
  if (tried.length >= 6) return [];
  // "Try another way" may stand on two pages, one after the other.
  const here = linesOf(situation).join("\n");
  const isTried = ({ text }: ControlSnapshot) => {
    const same = tried.filter(({ control }) => control === text);
    return same.length > 1 || same.some(({ messages }) => messages.join("\n") === here);
  };
  return snapshot.frames
    .flatMap((frame) => frame.controls)
    .filter((control) => control.shown && control.enabled && control.text !== "" && !isTried(control));
}
