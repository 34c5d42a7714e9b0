import { describeForm } from "../describe.ts";
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
  /** For a page that shows it is busy, or nothing at all, while nothing is on its way. */
  whileBusyMs: 6_000,
  /** The same while something is: sites there are that take twenty seconds to answer. */
  whileAnsweringMs: 30_000,
  /** In all, for a page that never stands still (a clock, an animation) or never stops asking (polling). */
  inAllMs: 9_000,
  /** The same for one that shows it is busy or nothing at all. */
  inAllWhileBusyMs: 18_000,
};

/** Nothing more to do: look at the source page, wait a little, or give up. */
export const conclude: Rule = (situation) => {
  const { history } = situation;
  const { submits, passkeyUses, judgement, passwordForm, usernameForm, codeForm, settled, documentChanged } =
    stateOf(situation);
  const form = passwordForm ?? codeForm ?? usernameForm;
  const saw = form === null ? describePage(situation) : describeForm(form);

  if (submits === 0) {
    const ask = situation.ownCheck && history.looks === 0 && form === null;
    return (
      waitFor(situation, saw) ??
      (ask ? look(saw, "the site's own check may know the page") : unrecognised(saw))
    );
  }
  if (form !== null && history.lookedSignedIn === null) {
    const wait = waitForAnswer(situation, saw);
    if (wait !== undefined) return wait;
  }
  const proven = history.passwordSubmits + passkeyUses > 0;
  if (history.lookedSignedIn === null && (form === null || proven)) {
    // Something is still being made of the submit, if only a blank page that leads on.
    const blank = judgement.verdict === "unclear" && isBlank(situation);
    if (form === null && (!proven || blank)) {
      const wait = waitFor(situation, saw);
      if (wait !== undefined) return wait;
    }
    // A page that says so itself is not waited for; one that does not may still be made into something else.
    const says = judgement.evidence === "strong" && judgement.verdict === "signed_in" && documentChanged;
    if (!says && !settled && !isOverdue(situation))
      return { saw, doing: "wait", reason: "the page may not be complete yet", action: { kind: "wait" } };
    return look(saw, form === null ? "the login form is gone" : "the site did not say no");
  }
  // The source page may yet become what another rule knows.
  if (!settled && !isOverdue(situation))
    return { saw, doing: "wait", reason: "the page may not be complete yet", action: { kind: "wait" } };
  return verdict(situation, saw);
};

function look(saw: string, reason: string): ReturnType<Rule> {
  return { saw, doing: "look at the source page", reason, action: { kind: "look" } };
}

function waitForAnswer(situation: Situation, saw: string): ReturnType<Rule> {
  const { answered } = stateOf(situation);
  const { activity } = situation.snapshot;
  const limit = answered ? patience.afterAnswerMs : patience.withoutAnswerMs;
  if (Math.min(activity.sinceActMs, activity.quietMs, activity.stillMs) >= limit) return undefined;
  if (isOverdue(situation)) return undefined;
  return {
    saw,
    doing: "wait",
    reason: answered ? "the page may still show the answer" : "the site has not reacted yet",
    action: { kind: "wait" },
  };
}

function waitFor(situation: Situation, saw: string): ReturnType<Rule> {
  const { activity } = situation.snapshot;
  const empty = isBlank(situation) || isBusy(situation);
  const limit =
    empty && isAnswering(situation)
      ? patience.whileAnsweringMs
      : empty || activity.pendingReads > 0
        ? patience.whileBusyMs
        : patience.forContentMs;
  if (Math.min(activity.stillMs, activity.quietMs) >= limit || isOverdue(situation)) return undefined;
  return { saw, doing: "wait", reason: "the page may not be complete yet", action: { kind: "wait" } };
}

/** Something the page asked for has not come yet. */
function isAnswering({ snapshot: { activity, frames } }: Situation): boolean {
  return (
    activity.pendingWrites + activity.pendingReads + (activity.slowReads ?? 0) > 0 ||
    frames[0]?.readyState !== "complete"
  );
}

/** The page had its time, though it moves or asks on and on. */
function isOverdue(situation: Situation): boolean {
  const { sinceActMs, pendingWrites } = situation.snapshot.activity;
  const empty = isBlank(situation) || isBusy(situation);
  if (pendingWrites > 0 || (empty && isAnswering(situation))) return sinceActMs >= patience.whileAnsweringMs;
  return sinceActMs >= (empty ? patience.inAllWhileBusyMs : patience.inAllMs);
}

function isBusy({ snapshot }: Situation): boolean {
  return snapshot.frames.some((frame) => frame.busy);
}

function isBlank({ snapshot }: Situation): boolean {
  return snapshot.frames.every((frame) => frame.textLength < 60 && frame.fields.length === 0);
}

/** The source page is not a signed-in user's: what the site asked for before it was left tells what it refused. */
function verdict(situation: Situation, saw: string): ReturnType<Rule> {
  const { history } = situation;
  const { judgement, lastSubmit, passkeyUses } = stateOf(situation);
  if (history.askedAgain === "code" && lastSubmit?.what.includes("code") === true) {
    return {
      saw,
      doing: "stop: code refused",
      reason: "the site asked for the code again, and the source page is not a signed-in user's",
      action: {
        kind: "fail",
        code: "invalid_one_time_code",
        message: "The site asked for the one-time code again: it refused the one it was given.",
      },
    };
  }
  if (history.askedAgain === "password" && lastSubmit?.what.includes("password") === true) {
    return {
      saw,
      doing: "stop: refused",
      reason: "the site showed the login form again, and the source page is not a signed-in user's",
      action: {
        kind: "fail",
        code: "invalid_credentials",
        message: "The site showed the login form again without a word: it refused the username or password.",
      },
    };
  }
  return {
    saw,
    doing: "give up",
    reason: `${judgement.reason}, and no rule knows what to do next`,
    action: {
      kind: "fail",
      code: "login_unrecognised",
      message:
        history.passwordSubmits + passkeyUses > 0
          ? "The login was submitted, but the source page is still not a signed-in user's."
          : "The site took the user name and then showed nothing that a rule recognises.",
    },
  };
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
