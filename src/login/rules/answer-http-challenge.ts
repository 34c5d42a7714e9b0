import { stateOf } from "../page-state.ts";
import type { Rule } from "../situation.ts";

/** The site asks for the password by HTTP, without a page. */
export const answerHttpChallenge: Rule = (situation) => {
  const { snapshot, history, has } = situation;
  const { httpChallenge } = snapshot.activity;
  const { passwordForm } = stateOf(situation);
  if (httpChallenge === null || passwordForm !== null) return undefined;
  const saw = `an answer with status 401 that asks for HTTP ${httpChallenge} authentication`;
  if (!/^(basic|digest)$/.test(httpChallenge)) {
    return {
      saw,
      doing: "give up",
      reason: "only Basic and Digest are known",
      action: {
        kind: "fail",
        code: "login_unrecognised",
        message: `The site asks for HTTP ${httpChallenge} authentication, which is not supported.`,
      },
    };
  }
  if (history.passwordSubmits > 0) {
    const { documentStatus, documentStatusText } = snapshot.activity;
    const siteMessage =
      snapshot.frames.flatMap((frame) => frame.texts)[0] ?? `${documentStatus}: ${documentStatusText}`;
    return {
      saw,
      doing: "stop: refused",
      reason: "the site asks again after it was given the credentials",
      action: {
        kind: "fail",
        code: "invalid_credentials",
        message: "The site refused the username or password.",
        siteMessage,
      },
    };
  }
  if (!has.username || !has.password) {
    return {
      saw,
      doing: "stop: no password",
      reason: "the site asks for a user name and a password and the identity has none",
      action: {
        kind: "fail",
        code: "credentials_missing",
        message: "The site asks for a user name and a password and the identity has none stored.",
      },
    };
  }
  return {
    saw,
    doing: "answer with user name and password",
    reason: "the browser is asked, not the page",
    action: { kind: "answer_http" },
  };
};
