import type { Form } from "./form.ts";
import type { ControlSnapshot } from "./snapshot.ts";
import { speaksOf } from "./words.ts";

const isSignInButton = (button: ControlSnapshot) =>
  speaksOf(button.text, "signIn") && !speaksOf(button.text, "signUp", "otherWay", "forgot");
const isSignUpButton = (button: ControlSnapshot) => speaksOf(button.text, "signUp") && button.role !== "link";

/** A form to open an account with, or to change a password: nothing is ever typed there. */
export function isSignUp(form: Form): boolean {
  const passwords = form.fields.filter(
    (field) =>
      field.kind === "password" &&
      field.purpose !== "code" &&
      field.purpose !== "backup_code" &&
      // One of the boxes for a masked code.
      field.maxLength !== 1,
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
