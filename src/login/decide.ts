import { answerHttpChallenge } from "./rules/answer-http-challenge.ts";
import { awaitMessage } from "./rules/await-message.ts";
import { believeSignedIn } from "./rules/believe-signed-in.ts";
import { chooseMethod } from "./rules/choose-method.ts";
import { clearTheWay } from "./rules/clear-the-way.ts";
import { conclude } from "./rules/conclude.ts";
import { declineEnrolment } from "./rules/decline-enrolment.ts";
import { enterCode } from "./rules/enter-code.ts";
import { enterCredentials } from "./rules/enter-credentials.ts";
import { noticeSiteError } from "./rules/notice-site-error.ts";
import { openAgain } from "./rules/open-again.ts";
import { openLogin } from "./rules/open-login.ts";
import { passInterstitial } from "./rules/pass-interstitial.ts";
import { readRefusal } from "./rules/read-refusal.ts";
import { seeSignedIn } from "./rules/see-signed-in.ts";
import { stopAtBackupCode } from "./rules/stop-at-backup-code.ts";
import { stopAtCaptcha } from "./rules/stop-at-captcha.ts";
import { usePasskey } from "./rules/use-passkey.ts";
import { waitWhileLoading } from "./rules/wait-while-loading.ts";
import type { Decision, Rule, Situation } from "./situation.ts";

/** What is thought of, in this order; the first that has something to say decides. */
const rules: [name: string, rule: Rule][] = [
  ["see-signed-in", seeSignedIn],
  ["wait-while-loading", waitWhileLoading],
  ["answer-http-challenge", answerHttpChallenge],
  ["read-refusal", readRefusal],
  ["notice-site-error", noticeSiteError],
  ["stop-at-captcha", stopAtCaptcha],
  ["clear-the-way", clearTheWay],
  ["decline-enrolment", declineEnrolment],
  ["use-passkey", usePasskey],
  ["enter-code", enterCode],
  ["enter-credentials", enterCredentials],
  ["choose-method", chooseMethod],
  ["await-message", awaitMessage],
  ["stop-at-backup-code", stopAtBackupCode],
  ["pass-interstitial", passInterstitial],
  ["believe-signed-in", believeSignedIn],
  ["open-login", openLogin],
  ["open-again", openAgain],
  ["conclude", conclude],
];

/**
 * The next action, or the verdict. Pure: the same situation always gives the same decision, so a stored one can be
 * decided again elsewhere.
 */
export function decide(situation: Situation): Decision {
  for (const [name, rule] of rules) {
    const decision = rule(situation);
    if (decision !== undefined) return { rule: name, ...decision };
  }
  throw new Error("the last rule decides always");
}
