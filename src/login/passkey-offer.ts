import type { Situation } from "./situation.ts";
import type { ControlSnapshot } from "./snapshot.ts";
import { speaksOf } from "./words.ts";

/** Longer texts explain; they are not what one presses. */
const longestText = 60;

/** A button, link or tab that makes the site ask for a passkey or a security key. */
export function findPasskeyControl(controls: readonly ControlSnapshot[]): ControlSnapshot | undefined {
  const offers = controls.filter(
    (control) => control.shown && control.enabled && isPasskeyOffer(control.text),
  );
  return offers.find(({ role }) => role === "button") ?? offers[0];
}

/** Whether a control's text offers to use a passkey: not to make one, learn of them, or report one lost. */
export function isPasskeyOffer(text: string): boolean {
  return (
    text.length <= longestText &&
    speaksOf(text, "passkey") &&
    !speaksOf(text, "makePasskey", "signUp", "forgot", "signOut", "aboutPasskeys") &&
    !/[?？]\s*$/.test(text)
  );
}

/** Whether there is something else to go on with where a site does not take the passkey. */
export function hasWayBeside({ has, history }: Situation): boolean {
  const { passwordSubmits, codeSubmits } = history;
  if (passwordSubmits > 0) return has.oneTimeCode && codeSubmits === 0;
  return has.password || (has.username && has.mailbox);
}
