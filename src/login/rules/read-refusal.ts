import type { FailureCode } from "../../failure.ts";
import { quoted } from "../describe.ts";
import { waitNamedIn } from "../named-wait.ts";
import { stateOf } from "../page-state.ts";
import { hasWayBeside } from "../passkey-offer.ts";
import { answersOf, findComplaint, findSaying, type SiteMessage } from "../site-words.ts";
import type { Rule, Situation } from "../situation.ts";
import { type Concept, says, speaksOf } from "../words.ts";

interface Refusal {
  concepts: Concept[];
  code: FailureCode;
  doing: string;
  message: string;
}

/** What a site may say whatever was submitted, most particular first. */
const refusals: Refusal[] = [
  {
    concepts: ["locked"],
    code: "account_locked",
    doing: "stop: locked",
    message: "The site says the account is locked.",
  },
  {
    concepts: ["rateLimited"],
    code: "rate_limited",
    doing: "stop: too many attempts",
    message: "The site limits logins and asks to wait.",
  },
  {
    concepts: ["unusable"],
    code: "account_unusable",
    doing: "stop: account unusable",
    message: "The site says the account is disabled or not verified.",
  },
  {
    concepts: ["captcha"],
    code: "captcha_required",
    doing: "stop: a captcha",
    message: "The site asks for proof of a human.",
  },
];

/** Reads the site's answer where it says no. */
export const readRefusal: Rule = (situation) => {
  const { judgement, lastSubmit, codeForm } = stateOf(situation);
  if (judgement.verdict === "signed_in" && judgement.evidence === "strong") return undefined;
  const limited = tooManyRequests(situation);
  if (limited !== undefined) return limited;
  // On the next step's page plain text explains that step; only what is marked as a message answers the last.
  const nextStep = codeForm !== null && lastSubmit?.what.includes("code") !== true;
  const messages = answersOf(situation).filter(({ weight }) =>
    lastSubmit === undefined ? weight === "error" : weight !== "text" || !nextStep,
  );

  for (const refusal of refusals) {
    const said = findSaying(messages, ...refusal.concepts);
    if (said !== undefined) return refuse(refusal, said, waitAskedFor({ situation, said, messages }));
  }
  if (lastSubmit === undefined) return undefined;
  const change = mustChangePassword(situation, messages);
  if (change !== undefined) return change;
  return refusedSubmit(situation, messages);
};

/** By the words themselves, by those beside them ("Too many attempts." "Try again in 5 minutes."), or by header. */
function waitAskedFor({
  situation,
  said,
  messages,
}: {
  situation: Situation;
  said: SiteMessage;
  messages: SiteMessage[];
}): number | undefined {
  const beside = messages.filter(({ text }) => speaksOf(text, "rateLimited", "locked"));
  const named = [said, ...beside].map(({ text }) => waitNamedIn(text)).find((wait) => wait !== undefined);
  const { answers } = situation.snapshot.activity;
  return named ?? answers.findLast(({ retryAfterMs }) => retryAfterMs !== undefined)?.retryAfterMs;
}

function refuse(
  { code, doing, message }: Omit<Refusal, "concepts">,
  said: SiteMessage,
  retryAfterMs?: number,
): ReturnType<Rule> {
  return {
    saw: `the message${quoted(said.text)}`,
    doing,
    reason: "the site says so in its answer",
    action: {
      kind: "fail",
      code,
      message,
      siteMessage: said.text,
      ...(retryAfterMs !== undefined && (code === "rate_limited" || code === "account_locked")
        ? { retryAfterMs }
        : {}),
    },
  };
}

function tooManyRequests({ snapshot }: Situation): ReturnType<Rule> {
  const answer = snapshot.activity.answers.findLast(({ status }) => status === 429);
  if (answer === undefined && snapshot.activity.documentStatus !== 429) return undefined;
  const lines = snapshot.frames
    .flatMap((frame) => [...frame.messages.map((message) => message.text), ...frame.texts])
    .filter((line) => speaksOf(line, "rateLimited", "locked"));
  const text = lines[0];
  const retryAfterMs = answer?.retryAfterMs ?? lines.map(waitNamedIn).find((wait) => wait !== undefined);
  return {
    saw: "an answer with status 429",
    doing: "stop: too many attempts",
    reason: "the site limits how often one may sign in",
    action: {
      kind: "fail",
      code: "rate_limited",
      message: "The site limits logins and asks to wait.",
      ...(text === undefined ? {} : { siteMessage: text }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    },
  };
}

function mustChangePassword(situation: Situation, messages: SiteMessage[]): ReturnType<Rule> {
  const { forms, documentChanged, passwordForm, lastSubmit } = stateOf(situation);
  if (lastSubmit?.what.includes("password") !== true && situation.history.passwordSubmits === 0)
    return undefined;
  const form = forms.find(
    ({ fields }) =>
      fields.some(({ purpose }) => purpose === "new_password") &&
      fields.filter(({ kind }) => kind === "password").length > 0,
  );
  const said = findSaying(
    messages.filter(({ weight }) => weight !== "text" || form !== undefined),
    "passwordChange",
  );
  const asked = form !== undefined && passwordForm === null && (documentChanged || said !== undefined);
  const optional = situation.snapshot.frames.some((frame) =>
    frame.controls.some(({ text, shown }) => shown && says(text, "notNow")),
  );
  if ((said === undefined && !asked) || optional) return undefined;
  return {
    saw: said === undefined ? "a form for a new password" : `the message${quoted(said.text)}`,
    doing: "stop: a new password is demanded",
    reason: "the site took the password and asks for a new one before it lets the user in",
    action: {
      kind: "fail",
      code: "password_change_required",
      message: "The site demands a new password before it lets the user in.",
      ...(said === undefined ? {} : { siteMessage: said.text }),
    },
  };
}

/** The site's words on the user name, the password or the code that was just submitted. */
function refusedSubmit(situation: Situation, messages: SiteMessage[]): ReturnType<Rule> {
  const { lastSubmit, lastAct, codeForm, passwordForm, usernameForm } = stateOf(situation);
  if (lastSubmit === undefined || lastAct !== lastSubmit) return undefined;
  if (lastSubmit.what.includes("passkey")) return refusedPasskey(situation, messages);
  const hadCode = lastSubmit.what.includes("code");
  const hadPassword = lastSubmit.what.includes("password");
  const wrongCode = hadCode ? findSaying(messages, "wrongCode") : undefined;
  const wrong = wrongCode ?? findSaying(messages, "wrongCredentials");

  if (hadCode && !hadPassword) {
    const said = wrong ?? (codeForm === null ? undefined : findComplaint(messages));
    if (said === undefined || mayTryAnotherCode(situation)) return undefined;
    return refuse(
      {
        code: "invalid_one_time_code",
        doing: "stop: code refused",
        message: "The site refused the one-time code.",
      },
      said,
    );
  }
  // The next step is there already: what it says beside is not a refusal of the last.
  const movedOn = hadPassword ? codeForm !== null && !hadCode : passwordForm !== null;
  if (movedOn) return undefined;
  const formBack = passwordForm !== null || usernameForm !== null;
  // Plain text counts where it is the answer: above the form shown again, or on an error page.
  const plainly = formBack || (situation.snapshot.activity.documentStatus ?? 0) >= 400;
  const trouble = findSaying(
    messages.filter(({ weight }) => weight !== "text" || plainly),
    "siteTrouble",
  );
  if (wrong === undefined && trouble !== undefined) {
    return {
      saw: `the message${quoted(trouble.text)}`,
      doing: "stop: trouble at the site",
      reason: "the site speaks of trouble of its own, not of the credentials",
      action: {
        kind: "fail",
        code: "site_error",
        message: "The site answered the login with an error of its own.",
        siteMessage: trouble.text,
      },
    };
  }
  const said = wrong ?? (formBack ? findComplaint(messages) : undefined);
  if (said === undefined) return undefined;
  const onlyCode = wrongCode !== undefined && !speaksOf(wrongCode.text, "wrongCredentials");
  return onlyCode
    ? refuse(
        {
          code: "invalid_one_time_code",
          doing: "stop: code refused",
          message: "The site refused the one-time code.",
        },
        said,
      )
    : refuse(
        {
          code: "invalid_credentials",
          doing: "stop: refused",
          message: "The site refused the username or password.",
        },
        said,
      );
}

/** Where there is another way to sign in, a passkey that was not taken ends nothing. */
function refusedPasskey(situation: Situation, messages: SiteMessage[]): ReturnType<Rule> {
  const said = findSaying(messages, "wrongPasskey", "wrongCredentials") ?? findComplaint(messages);
  if (said === undefined || hasWayBeside(situation)) return undefined;
  return refuse(
    {
      code: "invalid_credentials",
      doing: "stop: passkey refused",
      message: "The site did not take the passkey.",
    },
    said,
  );
}

/** One more, of the next time step or handed in anew: the first may have lapsed on its way. Never if the password would go out again. */
function mayTryAnotherCode(situation: Situation): boolean {
  const { codeForm } = stateOf(situation);
  const { history, has } = situation;
  const another = has.oneTimeCode || has.outOfBand;
  if (codeForm === null || !another || history.codeSubmits >= 2) return false;
  return codeForm.password === null || codeForm.password.filled;
}
