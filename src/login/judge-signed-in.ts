import { findSleepingCodeForm, type Progress } from "./code-form.ts";
import { quoted } from "./describe.ts";
import { formsOf } from "./form.ts";
import { isLoginAddress } from "./login-address.ts";
import { findPasswordForm, findUsernameForm } from "./sign-in-form.ts";
import { isSignUp } from "./sign-up.ts";
import type { ControlSnapshot, PageSnapshot } from "./snapshot.ts";
import { says, speaksOf } from "./words.ts";

export interface Judgement {
  /** `unclear`: the page does not tell (yet). */
  verdict: "signed_in" | "signed_out" | "unclear";
  /** How sure: `strong` rests on something only the signed in, or only the signed out, are shown. */
  evidence: "strong" | "weak";
  reason: string;
}

const controlsOf = (snapshot: PageSnapshot): ControlSnapshot[] =>
  snapshot.frames.flatMap((frame) => frame.controls);

/** A way to sign out. It often waits in a menu that is not open: being there is enough. */
function findSignOut(snapshot: PageSnapshot): ControlSnapshot | undefined {
  return controlsOf(snapshot).find(
    (control) =>
      says(control.text, "signOut") || (control.hints.includes("logout") && !control.hints.includes("login")),
  );
}

/** Signing in by somebody else's account. With a passkey it is another matter. */
export function isByOthers({ text }: ControlSnapshot): boolean {
  return speaksOf(text, "signIn") && speaksOf(text, "otherWay") && !speaksOf(text, "passkey");
}

/** A link or button that leads to signing in, by the site's own login where it has one. */
export function findSignIn(snapshot: PageSnapshot): ControlSnapshot | undefined {
  const possible = controlsOf(snapshot).filter(
    (control) =>
      control.shown &&
      control.enabled &&
      !speaksOf(control.text, "signUp", "forgot") &&
      !says(control.text, "signOut"),
  );
  return (
    possible.find((control) => says(control.text, "signIn")) ??
    possible.find(
      (control) =>
        control.text.length <= 40 &&
        speaksOf(control.text, "signIn") &&
        !speaksOf(control.text, "otherWay") &&
        (control.hints.includes("login") || control.role === "button"),
    ) ??
    possible.find(
      (control) =>
        control.text === "" && control.hints.includes("login") && !control.hints.includes("logout"),
    ) ??
    possible.find(
      (control) =>
        control.text.length <= 40 &&
        isByOthers(control) &&
        (control.hints.length > 0 || control.role === "button"),
    )
  );
}

/** A link to sign in that waits in a menu nobody opened. */
export function findHiddenSignIn(snapshot: PageSnapshot): ControlSnapshot | undefined {
  return controlsOf(snapshot).find(
    ({ shown, enabled, role, text }) => !shown && enabled && role === "link" && says(text, "signIn"),
  );
}

/** More buttons and links than a step of a login has. */
const mostControls = 20;

/** A step between password and site, which often offers to sign out as well: little else is on it. */
export function isAboutSecondFactor({ title, frames }: PageSnapshot): boolean {
  const controls = frames.flatMap((frame) => frame.controls).filter(({ shown }) => shown);
  const headings = [title, ...frames.flatMap((frame) => frame.headings)];
  return controls.length <= mostControls && headings.some((heading) => speaksOf(heading, "oneTimeCode"));
}

/** Whether the page is a signed-in user's, from the page alone. */
export function judgeSignedIn({
  snapshot,
  sourceUrl,
  progress = { afterPassword: false, afterCode: false },
}: {
  snapshot: PageSnapshot;
  sourceUrl: string;
  /** In a login: how far it has come. */
  progress?: Progress;
}): Judgement {
  const { documentStatus } = snapshot.activity;
  const forms = formsOf(snapshot);
  const signOut = findSignOut(snapshot);
  const passwordForm = findPasswordForm(forms);
  const out = (reason: string, evidence: Judgement["evidence"] = "strong"): Judgement => ({
    verdict: "signed_out",
    evidence,
    reason,
  });

  if (documentStatus === 401 || documentStatus === 407)
    return out("the site answered that a login is needed");
  if (findSleepingCodeForm(forms, progress) !== null && !forms.some(isSignUp))
    return out("the site asks for a one-time code");
  if (snapshot.url !== sourceUrl && isAboutSecondFactor(snapshot))
    return out("the site asks for a second factor");
  if (passwordForm !== null) {
    const signsIn =
      speaksOf(`${passwordForm.group.heading} ${passwordForm.button?.text ?? ""}`, "signIn") ||
      passwordForm.group.hints.includes("login");
    if (signOut === undefined || !signOut.shown || signsIn) return out("the page shows a login form");
  }
  if (signOut?.shown === true)
    return {
      verdict: "signed_in",
      evidence: "strong",
      reason: `the page offers${quoted(signOut.text)} to sign out`,
    };
  if (findUsernameForm(forms) !== null) return out("the page asks for a user name");
  const signIn = findSignIn(snapshot);
  if (signIn !== undefined)
    return out(`the page offers${quoted(signIn.text)} to sign in`, signOut === undefined ? "strong" : "weak");
  if (signOut !== undefined)
    return { verdict: "signed_in", evidence: "strong", reason: "the page has a way to sign out" };
  if (documentStatus === 403) return out("the site refused the page");
  const main = snapshot.frames[0];
  const content =
    snapshot.frames.reduce((sum, frame) => sum + frame.textLength, 0) +
    controlsOf(snapshot).filter((control) => control.shown).length * 10;
  if (main === undefined || content < 60)
    return { verdict: "unclear", evidence: "weak", reason: "the page shows next to nothing" };
  if (snapshot.activity.answers.some(({ kind, status }) => kind === "data" && status === 401))
    return out("the site answered the page's own requests with 401", "weak");
  if (snapshot.url !== sourceUrl && isLoginAddress(snapshot.url))
    return out("the site led to a login page", "weak");
  if (!landedWell({ url: snapshot.url, sourceUrl }))
    return { verdict: "unclear", evidence: "weak", reason: "the site led away from the page" };
  return {
    verdict: "signed_in",
    evidence: "weak",
    reason: "the page is shown without a login form or a way to sign in",
  };
}

/** The site let us have the page, or led on inside itself. */
function landedWell({ url, sourceUrl }: { url: string; sourceUrl: string }): boolean {
  return url === sourceUrl || URL.parse(url)?.host === URL.parse(sourceUrl)?.host;
}
