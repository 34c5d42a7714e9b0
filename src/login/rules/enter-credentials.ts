import { customFieldsOf } from "../custom-fields.ts";
import { describeForm } from "../describe.ts";
import { stateOf } from "../page-state.ts";
import type { SignInForm } from "../sign-in-form.ts";
import type { Fill, Purpose, Rule, Situation } from "../situation.ts";
import { speaksOf } from "../words.ts";

/** The login form: user name and password together, or one after the other. The password goes out once. */
export const enterCredentials: Rule = (situation) => {
  const { passwordForm, usernameForm } = stateOf(situation);
  if (situation.history.passwordSubmits > 0) return undefined;
  if (passwordForm !== null) return enterPassword(situation, passwordForm);
  if (usernameForm !== null) return enterUsername(situation, usernameForm);
  return undefined;
};

function enterPassword(situation: Situation, form: SignInForm): ReturnType<Rule> {
  const { has, history } = situation;
  const saw = describeForm(form);
  if (!has.password) {
    if (has.outOfBand && sendsInstead(situation)) return undefined;
    return {
      saw,
      doing: "stop: no password",
      reason: "the site asks for a password and the identity has none",
      action: {
        kind: "fail",
        code: "credentials_missing",
        message: "The site asks for a password and the identity has none stored.",
      },
    };
  }
  const custom = customFieldsOf(form, has.custom);
  const fills: Fill[] = custom.map(({ field, name }) => ({ ref: field.ref, value: { custom: name } }));
  const what: Purpose[] = ["password"];
  const { username, password, code } = form;
  if (username !== null && !fills.some(({ ref }) => ref === username.ref)) {
    // On the second page of a login in steps the name stands there already.
    const given = username.filled && (username.readOnly || history.usernameSubmits > 0);
    if (!given && !has.username) return missingUsername(saw);
    if (!given) {
      fills.push({ ref: username.ref, value: "username" });
      what.unshift("username");
    }
  }
  if (password !== null) fills.push({ ref: password.ref, value: "password" });
  if (code.length > 0 && has.oneTimeCode) {
    fills.push(
      ...code.map(
        (field, part): Fill => ({ ref: field.ref, value: "code", ...(code.length > 1 ? { part } : {}) }),
      ),
    );
    what.push("code");
  }
  return {
    saw,
    doing: `submit ${wordsFor(what)}`,
    reason:
      history.usernameSubmits > 0
        ? "the site took the user name and now asks for the password"
        : "this is a login form",
    action: { kind: "submit", fills, tick: rememberMe(form), button: form.button?.ref ?? null, what },
  };
}

/** The site offers to send a code or a link in place of the password. */
function sendsInstead({ snapshot }: Situation): boolean {
  return snapshot.frames.some((frame) =>
    frame.controls.some(
      ({ shown, enabled, text }) =>
        shown && enabled && speaksOf(text, "sendCode") && !speaksOf(text, "forgot"),
    ),
  );
}

function enterUsername(situation: Situation, form: SignInForm): ReturnType<Rule> {
  const { has, history } = situation;
  const { lastAct, documentChanged } = stateOf(situation);
  const saw = describeForm(form);
  if (form.username === null) return undefined;
  // The form just submitted is still there: the next step is not on the page yet.
  if (lastAct?.what.includes("username") === true && !documentChanged) return undefined;
  if (history.usernameSubmits >= 2) return undefined;
  if (!has.username) return missingUsername(saw);
  const custom = customFieldsOf(form, has.custom);
  const fills: Fill[] = [
    ...custom.map(({ field, name }): Fill => ({ ref: field.ref, value: { custom: name } })),
    { ref: form.username.ref, value: "username" },
  ];
  return {
    saw,
    doing: "submit the user name",
    reason: "the site asks for the user name first",
    action: {
      kind: "submit",
      fills,
      tick: rememberMe(form),
      button: form.button?.ref ?? null,
      what: ["username"],
    },
  };
}

/** A longer session is a login saved. Other boxes — terms, newsletters — are left alone. */
function rememberMe(form: SignInForm): string[] {
  return form.fields
    .filter(
      (field) =>
        field.purpose === "checkbox" &&
        !field.filled &&
        speaksOf(`${field.label} ${field.near}`, "staySignedIn"),
    )
    .map(({ ref }) => ref);
}

function missingUsername(saw: string): ReturnType<Rule> {
  return {
    saw,
    doing: "stop: no user name",
    reason: "the site asks for a user name and the identity has none",
    action: {
      kind: "fail",
      code: "credentials_missing",
      message: "The site asks for a user name and the identity has none stored.",
    },
  };
}

function wordsFor(what: Purpose[]): string {
  const words = {
    username: "the user name",
    password: "the password",
    code: "the one-time code",
    passkey: "the passkey",
    custom: "a custom field",
  };
  return what.map((purpose) => words[purpose]).join(" and ");
}
