import { captionOf, type FieldPurpose, nameWords, purposeOf } from "./purpose.ts";
import type {
  ControlSnapshot,
  FieldSnapshot,
  FrameSnapshot,
  GroupSnapshot,
  PageSnapshot,
} from "./snapshot.ts";
import { says, speaksOf } from "./words.ts";

/** Fields and buttons of one group, with what the fields are for. Only what a person can see. */
export interface Form {
  frame: FrameSnapshot;
  group: GroupSnapshot;
  fields: (FieldSnapshot & { purpose: FieldPurpose })[];
  buttons: ControlSnapshot[];
  dialog: number | null;
}

export interface SignInForm extends Form {
  username: FieldSnapshot | null;
  password: FieldSnapshot | null;
  /** A field for a code on the same form, or nothing. */
  code: FieldSnapshot[];
  button: ControlSnapshot | null;
}

/** All groups with a field a person can use, those in the topmost dialog first. */
export function formsOf(snapshot: PageSnapshot): Form[] {
  const forms = snapshot.frames.flatMap((frame) =>
    frame.groups.map((group): Form => {
      const fields = frame.fields
        .filter((field) => field.group === group.id && field.shown)
        .map((field) => ({ ...field, purpose: purposeOf(field, group) }));
      const buttons = frame.controls.filter((control) => control.group === group.id && control.shown);
      return { frame, group, fields, buttons, dialog: fields[0]?.dialog ?? null };
    }),
  );
  return forms
    .filter((form) => form.fields.length > 0)
    .sort((a, b) => Number(b.dialog !== null) - Number(a.dialog !== null));
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

/** How far a login has come. */
export interface Progress {
  afterPassword: boolean;
  /** A code was what was submitted last. */
  afterCode: boolean;
}

/**
 * A form that asks for a one-time code. `afterPassword`: a field called just "code" is one then. `afterCode`: a code
 * was typed already; else a field that holds something is a setting, not a challenge.
 */
export function findCodeForm(forms: Form[], { afterPassword, afterCode }: Progress): SignInForm | null {
  for (const form of forms) {
    const told = codeFieldsOf(form, { afterPassword });
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

/** The fields one code goes into: one, or a row of boxes for a digit each. */
function codeFieldsOf(form: Form, { afterPassword }: { afterPassword: boolean }): FieldSnapshot[] {
  const boxes = form.fields.filter(
    (field) =>
      !field.disabled &&
      /^(text|tel|number|password)$/.test(field.kind) &&
      (field.maxLength === 1 || isDigitBox(field)),
  );
  if (boxes.length >= 4 && boxes.length <= 10) return boxes;
  const sure = form.fields.find((field) => field.purpose === "code" && !field.disabled);
  if (sure !== undefined) return [sure];
  const maybe = form.fields.filter((field) => field.purpose === "maybe_code" && !field.disabled);
  return afterPassword && maybe.length === 1 ? maybe : [];
}

/** Narrow, and about square: a box for one character, whatever its maxlength says. */
function isDigitBox({ box, label, kind }: FieldSnapshot): boolean {
  return (
    kind !== "password" &&
    box.width <= 70 &&
    box.width >= 14 &&
    box.height >= box.width * 0.6 &&
    label.length < 40 &&
    /\d|^$/.test(label)
  );
}

function asSignInForm(form: Form): SignInForm {
  const password =
    form.fields.find((field) => field.purpose === "password") ??
    form.fields.find((field) => field.kind === "password" && field.purpose === "new_password") ??
    null;
  return {
    ...form,
    password,
    username: usernameOf(form, password),
    code: password === null ? [] : codeFieldsOf(form, { afterPassword: false }),
    button: submitOf(form),
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

const isSignInButton = (button: ControlSnapshot) =>
  speaksOf(button.text, "signIn") && !speaksOf(button.text, "signUp", "otherWay", "forgot");
const isSignUpButton = (button: ControlSnapshot) => speaksOf(button.text, "signUp") && button.role !== "link";

/** A form to open an account with, or to change a password: nothing is ever typed there. */
export function isSignUp(form: Form): boolean {
  const passwords = form.fields.filter(
    (field) => field.kind === "password" && field.purpose !== "code" && field.purpose !== "backup_code",
  );
  if (passwords.length > 1) return true;
  const submits = form.buttons.filter((button) => button.role === "button");
  const signsIn = submits.some(isSignInButton);
  if (passwords.some((field) => field.purpose === "new_password")) return !signsIn;
  if (signsIn) return false;
  return (
    submits.some(isSignUpButton) ||
    (speaksOf(form.group.heading, "signUp") && !speaksOf(form.group.heading, "signIn"))
  );
}

function scoreOfPasswordForm(form: Form): number {
  const passwords = form.fields.filter(
    (field) => field.purpose === "password" || field.purpose === "new_password",
  );
  if (passwords.length !== 1 || isSignUp(form)) return 0;
  const text = textOfForm(form);
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

function scoreOfUsernameForm(form: Form): number {
  if (form.group.search || isSignUp(form)) return 0;
  if (form.fields.some((field) => /^(password|new_password|code|backup_code)$/.test(field.purpose))) return 0;
  const usable = form.fields.filter((field) => !/^(checkbox|search)$/.test(field.purpose));
  const named = usable.filter((field) => field.purpose === "username");
  if (named.length !== 1 || usable.length > 2) return 0;
  const field = named[0];
  const text = textOfForm(form);
  const marked =
    field?.autocomplete.split(/\s+/).some((token) => token === "username" || token === "webauthn") === true;
  const signsIn = speaksOf(text, "signIn") || form.group.hints.includes("login");
  const page =
    form.frame.headings.concat(form.frame.title).some((heading) => speaksOf(heading, "signIn")) ||
    /log-?in|sign-?in|auth|sso/i.test(new URL(form.frame.url).pathname);
  const goesOn = form.buttons.some((button) => says(button.text, "next", "signIn"));
  // A lone e-mail field is a newsletter's as well: something has to speak of signing in.
  if (!marked && !signsIn && !(page && goesOn)) return 0;
  if (speaksOf(textOfForm(form), "forgot") && !signsIn && !goesOn) return 0;
  return 1 + (form.dialog === null ? 0 : 4) + (marked ? 3 : 0) + (signsIn ? 3 : 0) + (page ? 1 : 0);
}

/** The button that submits the form; null when there is none and Enter must do. */
function submitOf(form: Form): ControlSnapshot | null {
  const last = form.fields.filter((field) => field.purpose !== "checkbox").at(-1);
  const possible = form.buttons
    .filter((button) => button.text !== "" || button.submits)
    .filter(
      (button) =>
        !says(button.text, "notSubmit", "signOut") &&
        !speaksOf(button.text, "forgot", "signUp", "otherWay", "anotherWay", "search") &&
        !button.hints.includes("logout") &&
        button.role !== "tab",
    );
  const ranked = possible
    .map((button) => ({ button, score: scoreOfSubmit(button, last) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score);
  return ranked[0]?.button ?? null;
}

function scoreOfSubmit(button: ControlSnapshot, last: FieldSnapshot | undefined): number {
  const below = last !== undefined && button.box.y + button.box.height / 2 >= last.box.y;
  return (
    (button.submits ? 4 : 0) +
    (says(button.text, "signIn", "next") ? 4 : speaksOf(button.text, "signIn", "next") ? 2 : 0) +
    (below ? 1 : -1) -
    (button.role === "link" ? 2 : 0)
  );
}

/** How a form reads in one line: "a user name, a password and a 'Sign in' button". */
export function describeForm(form: SignInForm): string {
  const parts = [
    form.username === null ? "" : `a user name field${quoted(captionOf(form.username))}`,
    form.password === null ? "" : `a password field${quoted(captionOf(form.password))}`,
    form.code.length > 1
      ? `${form.code.length} boxes for a code`
      : form.code[0] === undefined
        ? ""
        : `a code field${quoted(captionOf(form.code[0]))}`,
    form.button === null ? "" : `a${quoted(form.button.text)} button`,
  ].filter(Boolean);
  const where = form.dialog !== null ? " in a dialog" : form.frame.index > 0 ? " in a frame" : "";
  return parts.join(", ") + where;
}

export function quoted(text: string): string {
  return text === "" ? "" : ` “${text.slice(0, 40)}”`;
}

/** Custom credentials whose name is the field's own, as a person or the site's code calls it. */
export function customFieldFor(
  form: Form,
  names: readonly string[],
): { field: FieldSnapshot; name: string }[] {
  const words = (text: string) => text.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, "");
  return names.flatMap((name) => {
    const field = form.fields.find(
      (field) =>
        /^(other|username|maybe_code)$/.test(field.purpose) &&
        [field.label, field.placeholder, field.near, field.name, field.id, nameWords(field)].some(
          (text) => text !== "" && words(text) === words(name),
        ),
    );
    return field === undefined ? [] : [{ field, name }];
  });
}
