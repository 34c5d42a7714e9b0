import { codeFieldsOf } from "./code-fields.ts";
import type { Form } from "./form.ts";
import { captionOf } from "./purpose.ts";
import { isSignUp } from "./sign-up.ts";
import type { ControlSnapshot, FieldSnapshot } from "./snapshot.ts";
import { submitButtonOf } from "./submit-button.ts";
import { says, speaksOf } from "./words.ts";

export interface SignInForm extends Form {
  username: FieldSnapshot | null;
  password: FieldSnapshot | null;
  /** A field for a code on the same form, or nothing. */
  code: FieldSnapshot[];
  button: ControlSnapshot | null;
}

/** The form to sign in with: one password, no sign of signing up or of changing a password. Null when there is none. */
export function findPasswordForm(forms: Form[]): SignInForm | null {
  const candidates = forms
    .map((form) => ({ form, score: scoreOfPasswordForm(form) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score);
  const best = candidates[0]?.form;
  return best === undefined ? null : asSignInForm(best);
}

/** The first page of a login in steps: a user name is asked for, a password not yet. */
export function findUsernameForm(forms: Form[]): SignInForm | null {
  const candidates = forms
    .map((form) => ({ form, score: scoreOfUsernameForm(form) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score);
  const best = candidates[0]?.form;
  return best === undefined ? null : asSignInForm(best);
}

/** What in a form is for what. */
export function asSignInForm(form: Form): SignInForm {
  const password =
    form.fields.find((field) => field.purpose === "password") ??
    form.fields.find((field) => field.kind === "password" && field.purpose === "new_password") ??
    null;
  return {
    ...form,
    password,
    username: usernameOf(form, password),
    code: password === null ? [] : codeFieldsOf(form, { afterPassword: false }),
    button: submitButtonOf(form),
  };
}

function usernameOf(form: Form, password: FieldSnapshot | null): FieldSnapshot | null {
  const named = form.fields.filter((field) => field.purpose === "username");
  if (named.length === 1) return named[0] ?? null;
  const usable =
    named.length > 1
      ? named
      : form.fields.filter((field) => field.purpose === "other" && /^(text|email|tel)$/.test(field.kind));
  if (password === null) return usable[0] ?? null;
  // Without a better mark it is the field just before the password.
  const at = form.fields.findIndex((field) => field.ref === password.ref);
  const before = usable.filter((field) => form.fields.findIndex((other) => other.ref === field.ref) < at);
  const best = before.find((field) => field.autocomplete.includes("username")) ?? before.at(-1);
  return best ?? (named.length > 0 ? (usable[0] ?? null) : null);
}

const textOfForm = (form: Form) =>
  `${form.group.heading} · ${form.buttons.map((button) => button.text).join(" · ")}`;

function scoreOfPasswordForm(form: Form): number {
  const passwords = form.fields.filter(
    (field) => field.purpose === "password" || field.purpose === "new_password",
  );
  if (passwords.length !== 1 || isSignUp(form)) return 0;
  const text = textOfForm(form);
  if (redeemsSomething(form) && !speaksOf(text, "signIn")) return 0;
  return (
    1 +
    (form.dialog === null ? 0 : 4) +
    (speaksOf(text, "signIn") ? 4 : 0) +
    (form.group.hints.includes("login") ? 2 : 0) +
    (form.fields.some((field) => field.purpose === "username") ? 2 : 0) +
    (passwords[0]?.autocomplete.includes("current-password") ? 2 : 0) -
    (form.fields.filter((field) => field.purpose === "other").length > 2 ? 3 : 0) -
    (form.frame.index > 0 ? 1 : 0)
  );
}

/** A gift card's number and its PIN look like a user name and a password. */
function redeemsSomething({ fields }: Form): boolean {
  return (
    fields.some((field) => field.purpose === "other" && speaksOf(captionOf(field), "otherCode")) &&
    !fields.some((field) => field.purpose === "username")
  );
}

function scoreOfUsernameForm(form: Form): number {
  if (form.group.search || isSignUp(form)) return 0;
  if (form.fields.some((field) => /^(password|new_password|code|backup_code)$/.test(field.purpose))) return 0;
  const usable = form.fields.filter((field) => !/^(checkbox|search)$/.test(field.purpose));
  const named = usable.filter((field) => field.purpose === "username");
  if (named.length !== 1 || usable.length > 2) return 0;
  const field = named[0];
  const text = textOfForm(form);
  if (speaksOf(text, "newsletter")) return 0;
  const marked =
    field?.autocomplete.split(/\s+/).some((token) => token === "username" || token === "webauthn") === true;
  const signsIn = speaksOf(text, "signIn") || form.group.hints.includes("login");
  const page =
    form.frame.headings.concat(form.frame.title).some((heading) => speaksOf(heading, "signIn")) ||
    /log-?in|sign-?in|auth|sso/i.test(URL.parse(form.frame.url)?.pathname ?? "");
  const goesOn = form.buttons.some((button) => says(button.text, "next", "signIn"));
  // A lone e-mail field is a newsletter's as well: something has to speak of signing in.
  if (!marked && !signsIn && !(page && goesOn)) return 0;
  if (speaksOf(textOfForm(form), "forgot") && !signsIn && !goesOn) return 0;
  return 1 + (form.dialog === null ? 0 : 4) + (marked ? 3 : 0) + (signsIn ? 3 : 0) + (page ? 1 : 0);
}
