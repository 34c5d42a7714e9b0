import { quoted } from "../describe.ts";
import { describePage, stateOf } from "../page-state.ts";
import { captionOf } from "../purpose.ts";
import type { Rule } from "../situation.ts";

/** So long a challenge may take to appear, or to let the browser pass by itself, in milliseconds. */
const patienceMs = 6_000;

/** Proof of a human is never faked, and nothing is submitted beside a challenge. */
export const stopAtCaptcha: Rule = (situation) => {
  const { passwordForm, usernameForm, codeForm, judgement } = stateOf(situation);
  if (judgement.verdict === "signed_in" && judgement.evidence === "strong") return undefined;
  const { frames, activity } = situation.snapshot;
  const challenges = frames
    .flatMap((frame) => frame.challenges)
    .filter(({ shown, pending }) => shown || pending === true);
  const challenge = challenges.find(({ pending }) => pending !== true) ?? challenges[0];
  const form = passwordForm ?? usernameForm ?? codeForm;
  const field = form?.fields.find(({ purpose }) => purpose === "captcha");
  if (challenge === undefined && field === undefined) return undefined;
  const saw = `${
    challenge === undefined
      ? `a field${quoted(field === undefined ? "" : captionOf(field))} for a picture's text`
      : `a ${challenge.kind} challenge`
  } on ${describePage(situation)}`;
  if (field === undefined && challenge?.pending === true && activity.sinceActMs < patienceMs) {
    return { saw, doing: "wait", reason: "it may let the browser pass by itself", action: { kind: "wait" } };
  }
  return {
    saw,
    doing: "stop: a captcha",
    reason: "the site wants proof that a human is signing in",
    action: {
      kind: "fail",
      code: "captcha_required",
      message: "The site asks for proof of a human before it lets anyone sign in.",
    },
  };
};
