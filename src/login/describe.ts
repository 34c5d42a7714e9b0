import { captionOf } from "./purpose.ts";
import type { SignInForm } from "./sign-in-form.ts";

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

/** A text in quotation marks, with the space before it; nothing for no text. */
export function quoted(text: string): string {
  return text === "" ? "" : ` “${text.slice(0, 40)}”`;
}
