import { describeForm } from "../forms.ts";
import { describePage, stateOf } from "../page-state.ts";
import type { Rule, Situation } from "../situation.ts";

/** How long a site may take to react, in milliseconds. */
const patience = {
  /** After it answered, until the page shows what the answer was. */
  afterAnswerMs: 1_500,
  /** Without any answer. */
  withoutAnswerMs: 5_000,
  /** For a page to show something a rule knows. */
  forContentMs: 2_000,
  /** For a page that shows it is busy, or nothing at all. */
  whileBusyMs: 15_000,
};

/** Nothing more to do: look at the source page, wait a little, or give up. */
export const conclude: Rule = (situation) => {
  const { history } = situation;
  const { submits, judgement, atSource, passwordForm, usernameForm, codeForm, settled, onLoginPage } =
    stateOf(situation);
  const form = passwordForm ?? codeForm ?? usernameForm;
  const saw = form === null ? describePage(situation) : describeForm(form);

  if (history.lookedSignedIn === true) {
    return {
      saw,
      doing: "signed in",
      reason: "the source page is a signed-in user's",
      action: { kind: "signed_in" },
    };
  }
  if (submits === 0) {
    if (atSource && judgement.verdict === "signed_in" && judgement.evidence === "strong") {
      return {
        saw,
        doing: "signed in",
        reason: `${judgement.reason}: there is nothing to do`,
        action: { kind: "signed_in" },
      };
    }
    return waitFor(situation, saw) ?? unrecognised(saw);
  }
  if (form !== null && history.lookedSignedIn === null) {
    const wait = waitForAnswer(situation, saw);
    if (wait !== undefined) return wait;
  }
  if (history.lookedSignedIn === null && (form === null || history.passwordSubmits > 0)) {
    if (form === null && judgement.verdict === "unclear" && atSource) {
      const wait = waitFor(situation, saw);
      if (wait !== undefined) return wait;
    }
    // A page of the login itself may offer to sign out while it makes up the next step.
    const sure = judgement.verdict === "signed_in" && judgement.evidence === "strong" && !onLoginPage;
    if (!sure && !settled)
      return { saw, doing: "wait", reason: "the page may not be complete yet", action: { kind: "wait" } };
    return {
      saw,
      doing: "look at the source page",
      reason: form === null ? "the login form is gone" : "the site did not say no",
      action: { kind: "look" },
    };
  }
  return waitFor(situation, saw) ?? verdict(situation, saw);
};

function waitForAnswer({ snapshot, ...rest }: Situation, saw: string): ReturnType<Rule> {
  const { answered } = stateOf({ snapshot, ...rest });
  const { activity } = snapshot;
  const limit = answered ? patience.afterAnswerMs : patience.withoutAnswerMs;
  if (Math.min(activity.sinceActMs, activity.quietMs, activity.stillMs) >= limit) return undefined;
  return {
    saw,
    doing: "wait",
    reason: answered ? "the page may still show the answer" : "the site has not reacted yet",
    action: { kind: "wait" },
  };
}

function waitFor({ snapshot }: Situation, saw: string): ReturnType<Rule> {
  const { activity } = snapshot;
  const empty = snapshot.frames.every((frame) => frame.textLength < 60 && frame.fields.length === 0);
  const busy =
    snapshot.frames.some((frame) => frame.busy) ||
    activity.pendingReads > 0 ||
    activity.pendingWrites > 0 ||
    snapshot.frames[0]?.readyState !== "complete";
  const still = Math.min(activity.stillMs, activity.quietMs);
  if (still >= (empty || busy ? patience.whileBusyMs : patience.forContentMs)) return undefined;
  // A page that never stands still (a clock, an animation) is not waited for without end.
  if (activity.sinceActMs >= patience.whileBusyMs + 5_000 && activity.quietMs >= patience.forContentMs)
    return undefined;
  return { saw, doing: "wait", reason: "the page may not be complete yet", action: { kind: "wait" } };
}

function verdict(situation: Situation, saw: string): ReturnType<Rule> {
  const { history } = situation;
  const { lastSubmit, answered, codeForm, passwordForm, usernameForm, judgement } = stateOf(situation);
  const fail = (
    code: "invalid_credentials" | "invalid_one_time_code" | "login_unrecognised",
    doing: string,
    reason: string,
    message: string,
  ): ReturnType<Rule> => ({
    saw,
    doing,
    reason,
    action: { kind: "fail", code, message },
  });
  const lastHadCode = lastSubmit?.what.includes("code") === true;
  const reacted = answered || history.looks > 0;
  if (lastHadCode && lastSubmit?.what.includes("password") !== true && codeForm !== null && reacted) {
    return fail(
      "invalid_one_time_code",
      "stop: code refused",
      "the site asks for the code again and the source page is not a signed-in user's",
      "The site asked for the one-time code again: it refused the one it was given.",
    );
  }
  if (history.passwordSubmits > 0 && history.codeSubmits === 0 && passwordForm !== null && reacted) {
    return fail(
      "invalid_credentials",
      "stop: refused",
      "the site shows the login form again and the source page is not a signed-in user's",
      "The site showed the login form again without a word: it refused the username or password.",
    );
  }
  if (history.passwordSubmits === 0 && usernameForm !== null) {
    return fail(
      "login_unrecognised",
      "give up",
      "the site did not go on after the user name",
      "The site took the user name and then showed nothing that a rule recognises.",
    );
  }
  return fail(
    "login_unrecognised",
    "give up",
    `${judgement.reason}, and no rule knows what to do next`,
    "The login was submitted, but the source page is still not a signed-in user's.",
  );
}

function unrecognised(saw: string): ReturnType<Rule> {
  return {
    saw,
    doing: "give up",
    reason: "nothing here is a login form or leads to one",
    action: {
      kind: "fail",
      code: "login_unrecognised",
      message: "No login form was found on the page, and nothing that leads to one.",
    },
  };
}
