import { quoted } from "../describe.ts";
import { describePage, stateOf } from "../page-state.ts";
import { captionOf } from "../purpose.ts";
import type { Rule } from "../situation.ts";

/** Proof of a human is never faked, and nothing is submitted beside a challenge. */
export const stopAtCaptcha: Rule = (situation) => {
  const { passwordForm, usernameForm, codeForm, judgement } = stateOf(situation);
  if (judgement.verdict === "signed_in" && judgement.evidence === "strong") return undefined;
  const challenge = situation.snapshot.frames.flatMap((frame) => frame.challenges).find(({ shown }) => shown);
  const form = passwordForm ?? usernameForm ?? codeForm;
  const field = form?.fields.find(({ purpose }) => purpose === "captcha");
  if (challenge === undefined && field === undefined) return undefined;
  const saw =
    challenge === undefined
      ? `a field${quoted(field === undefined ? "" : captionOf(field))} for a picture's text`
      : `a ${challenge.kind} challenge`;
  return {
    saw: `${saw} on ${describePage(situation)}`,
    doing: "stop: a captcha",
    reason: "the site wants proof that a human is signing in",
    action: {
      kind: "fail",
      code: "captcha_required",
      message: "The site asks for proof of a human before it lets anyone sign in.",
    },
  };
};
