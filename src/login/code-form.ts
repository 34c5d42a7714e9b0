import { codeFieldsOf } from "./code-fields.ts";
import type { Form } from "./form.ts";
import { asSignInForm, type SignInForm } from "./sign-in-form.ts";
import { isSignUp } from "./sign-up.ts";
import type { FieldSnapshot } from "./snapshot.ts";
import { speaksOf } from "./words.ts";

/** How far a login has come. */
export interface Progress {
  afterPassword: boolean;
  /** A code was what was submitted last. */
  afterCode: boolean;
}

/** The same where the page's code is not awake yet: a form whose field for the code is still disabled counts too. */
export function findSleepingCodeForm(forms: Form[], progress: Progress): SignInForm | null {
  return findForm(forms, { ...progress, asleep: true });
}

/**
 * A form that asks for a one-time code. `afterPassword`: a field called just "code" is one then. `afterCode`: a code
 * was typed already; else a field that holds something is a setting, not a challenge.
 */
export function findCodeForm(forms: Form[], progress: Progress): SignInForm | null {
  return findForm(forms, { ...progress, asleep: false });
}

function findForm(
  forms: Form[],
  { afterPassword, afterCode, asleep }: Progress & { asleep: boolean },
): SignInForm | null {
  for (const form of forms) {
    const told = codeFieldsOf(form, { afterPassword, asleep });
    const code = told.length > 0 || !afterPassword ? told : codeByContext(form);
    if (code.length === 0 || (!afterCode && code.some((field) => field.filled))) continue;
    if (!isSignUp(form) && asksNothingElse(form, code)) return { ...asSignInForm(form), code };
  }
  return null;
}

/** A field that says nothing for itself, alone on a page that speaks of one-time codes. */
function codeByContext({ fields, frame }: Form): FieldSnapshot[] {
  const alone = fields.filter(({ purpose }) => purpose !== "checkbox");
  const about = [frame.title, ...frame.headings, ...frame.texts].some((line) =>
    speaksOf(line, "oneTimeCode"),
  );
  return about &&
    alone.length === 1 &&
    alone[0]?.purpose === "other" &&
    /^(text|tel|number)$/.test(alone[0].kind)
    ? alone
    : [];
}

/** A page of settings may hold something called a code as well; a challenge asks for the code, at most beside the login. */
function asksNothingElse(form: Form, code: FieldSnapshot[]): boolean {
  const others = form.fields.filter(
    (field) =>
      !code.some(({ ref }) => ref === field.ref) && !/^(checkbox|password|search)$/.test(field.purpose),
  );
  return others.length === 0 || (others.length === 1 && others[0]?.purpose === "username");
}
