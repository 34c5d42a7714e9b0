import { isSameSite } from "../allowed-origin.ts";
import { quoted } from "../describe.ts";
import { describePage, linesOf, stateOf } from "../page-state.ts";
import { findPasskeyControl, hasWayBeside } from "../passkey-offer.ts";
import { answersOf, findComplaint, findSaying } from "../site-words.ts";
import type { Fill, Rule, Situation } from "../situation.ts";
import type { ControlSnapshot, FrameSnapshot } from "../snapshot.ts";
import { speaksOf } from "../words.ts";

/** Presses at most: a link to the page with the button, the button, once more where nothing came of it. */
const mostPresses = 3;

/** How long is waited for a passkey, in milliseconds. */
const patience = {
  /** For a site to ask for it that was told to. */
  afterPressMs: 5_000,
  /** For a site to ask for it that announces it will. */
  forAskingMs: 1_200,
  /** For the page to show what the site made of it, after the site answered. */
  afterAnswerMs: 1_500,
  /** Without any answer. */
  withoutAnswerMs: 5_000,
  /** In all, on a page that never stands still. */
  inAllMs: 10_000,
};

/**
 * The site takes passkeys and the identity has one for it: press what asks for it, or wait where the site asks by
 * itself. It is used once. Where the site does not take it the password is used, if there is one.
 */
export const usePasskey: Rule = (situation) => {
  const { has, history } = situation;
  const { judgement, passkeyUses, codeForm } = stateOf(situation);
  if (judgement.verdict === "signed_in" && judgement.evidence === "strong") return undefined;
  if (passkeyUses > 0) return afterUse(situation);
  if (!has.passkey || !aboutSigningIn(situation)) return undefined;
  // A code can be computed at once, and is asked for already.
  if (codeForm !== null && has.oneTimeCode) return undefined;
  const presses = history.acts.filter(({ kind, what }) => kind === "click" && what === "passkey");
  if (presses.length > 0) {
    const waiting = afterPress(situation);
    if (waiting !== undefined) return waiting;
  }
  const offered = findOffer(situation, has.passkey);
  const tried = presses.some(
    (act) =>
      act.control === offered?.control.text && act.documentId === situation.snapshot.frames[0]?.documentId,
  );
  if (offered !== undefined && !tried && presses.length < mostPresses) return press(situation, offered);
  if (presses.length > 0) return hasWayBeside(situation) ? undefined : givenUp(situation);
  return waitForAsking(situation) ?? findWayRound(situation);
};

/** Past the login a page may speak of passkeys as well: of its settings, or of its user's keys. */
function aboutSigningIn(situation: Situation): boolean {
  const { judgement, submits, onLoginPage } = stateOf(situation);
  if (submits === 0 || onLoginPage || judgement.verdict === "signed_out") return true;
  const { title, frames } = situation.snapshot;
  return [title, ...frames.flatMap((frame) => frame.headings)].some((text) =>
    speaksOf(text, "signIn", "oneTimeCode"),
  );
}

interface Offer {
  frame: FrameSnapshot;
  control: ControlSnapshot;
}

/** A control that asks for a passkey, on a page of the passkey's own domain. */
function findOffer({ snapshot }: Situation, rpId: string): Offer | undefined {
  for (const frame of snapshot.frames) {
    const control = isSameSite(frame.url, rpId) ? findPasskeyControl(frame.controls) : undefined;
    if (control !== undefined) return { frame, control };
  }
  return undefined;
}

function press(situation: Situation, { control }: Offer): ReturnType<Rule> {
  const { forms } = stateOf(situation);
  // Some sites want to know whose passkey to ask for.
  const username = forms
    .find(({ buttons }) => buttons.some(({ ref }) => ref === control.ref))
    ?.fields.find((field) => field.purpose === "username" && !field.filled && !field.readOnly);
  const fills: Fill[] =
    username === undefined || !situation.has.username ? [] : [{ ref: username.ref, value: "username" }];
  return {
    saw: `${describePage(situation)} with${quoted(control.text)}`,
    doing: `press${quoted(control.text)}`,
    reason: "the site takes a passkey here, and the identity has one for it",
    action: { kind: "use_passkey", control: control.ref, fills },
  };
}

/** The site was told to ask for the passkey and has not done so yet. */
function afterPress(situation: Situation): ReturnType<Rule> {
  const { lastAct, documentChanged, settled } = stateOf(situation);
  if (lastAct?.what !== "passkey") return undefined;
  // It led to another page, which may have a control of its own, or ask by itself.
  if (documentChanged)
    return settled
      ? undefined
      : wait(situation, "the page that asks for the passkey may not be complete yet");
  if (refusalIn(situation) !== undefined) return undefined;
  const { stillMs, quietMs, sinceActMs } = situation.snapshot.activity;
  if (Math.min(stillMs, quietMs) >= patience.afterPressMs || sinceActMs >= patience.inAllMs) return undefined;
  return wait(situation, "the site is to ask for the passkey");
}

/** The site has the passkey's signature. */
function afterUse(situation: Situation): ReturnType<Rule> {
  const { history } = situation;
  const { lastAct, lastSubmit, documentChanged, answered, passwordForm, usernameForm, settled } =
    stateOf(situation);
  if (lastAct === lastSubmit && lastSubmit?.what.includes("passkey") === true) {
    const { stillMs, quietMs, sinceActMs } = situation.snapshot.activity;
    const limit = answered ? patience.afterAnswerMs : patience.withoutAnswerMs;
    const over = Math.min(stillMs, quietMs) >= limit || sinceActMs >= patience.inAllMs + limit;
    if (!documentChanged && !over && refusalIn(situation) === undefined)
      return wait(situation, "the site has the passkey's signature and has not said what it made of it");
  }
  if (hasWayBeside(situation) || (passwordForm ?? usernameForm) === null) return undefined;
  if (history.passwordSubmits + history.codeSubmits > 0) return undefined;
  if (!settled) return wait(situation, "the page may not be complete yet");
  if (history.lookedSignedIn === null) {
    return {
      saw: describePage(situation),
      doing: "look at the source page",
      reason: "the site asks to sign in again; perhaps it did take the passkey",
      action: { kind: "look" },
    };
  }
  return {
    saw: describePage(situation),
    doing: "stop: passkey refused",
    reason: "the site asks to sign in again after it was given the passkey",
    action: {
      kind: "fail",
      code: "invalid_credentials",
      message: "The site asked to sign in again: it did not take the passkey.",
    },
  };
}

/** The site was told to ask for the passkey and never took it. */
function givenUp(situation: Situation): ReturnType<Rule> {
  const said = refusalIn(situation);
  if (said === undefined) return undefined;
  return {
    saw: `the message${quoted(said.text)}`,
    doing: "stop: passkey refused",
    reason: "the site says so in its answer, and there is no password",
    action: {
      kind: "fail",
      code: "invalid_credentials",
      message: "The site did not take the passkey.",
      siteMessage: said.text,
    },
  };
}

/** A site announces by its fields or its words that it asks by itself (WebAuthn §5.1.4, conditional mediation). */
function waitForAsking(situation: Situation): ReturnType<Rule> {
  const { snapshot } = situation;
  const announced = snapshot.frames.some((frame) =>
    frame.fields.some(({ shown, autocomplete }) => shown && autocomplete.split(/\s+/).includes("webauthn")),
  );
  const spoken = linesOf(situation).some(
    (line) => speaksOf(line, "passkey") && !speaksOf(line, "makePasskey"),
  );
  if (!announced && !spoken) return undefined;
  const { stillMs, quietMs, sinceActMs } = snapshot.activity;
  if (Math.min(stillMs, quietMs) >= patience.forAskingMs || sinceActMs >= patience.inAllMs) return undefined;
  return wait(situation, "the site speaks of passkeys and may ask for one by itself");
}

/** Without a password, another way is looked for where the site asks for one. */
function findWayRound(situation: Situation): ReturnType<Rule> {
  const { snapshot, history, has } = situation;
  const { passwordForm, codeForm, settled } = stateOf(situation);
  if (has.password || (passwordForm ?? codeForm) === null) return undefined;
  if (!settled) return wait(situation, "the page may not be complete yet");
  const tried = new Set(history.acts.map(({ control }) => control));
  const control = snapshot.frames
    .flatMap((frame) => frame.controls)
    .find(({ text, shown, enabled }) => shown && enabled && speaksOf(text, "anotherWay") && !tried.has(text));
  return (
    control && {
      saw: `${describePage(situation)} with${quoted(control.text)}`,
      doing: `choose${quoted(control.text)}`,
      reason: "the way the site proposes needs something the identity does not have; a passkey it has",
      action: { kind: "click", control: control.ref, what: "method" },
    }
  );
}

/** What the site says against the passkey. */
function refusalIn(situation: Situation) {
  const answers = answersOf(situation);
  return findSaying(answers, "wrongPasskey", "wrongCredentials") ?? findComplaint(answers);
}

function wait(situation: Situation, reason: string): ReturnType<Rule> {
  return { saw: describePage(situation), doing: "wait", reason, action: { kind: "wait" } };
}
