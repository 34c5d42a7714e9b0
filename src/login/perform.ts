import { Failure } from "../failure.ts";
import { submitForm, typeBeside } from "./act.ts";
import type { Activity } from "./activity.ts";
import { type Attempt, controlOf, count, remember } from "./attempt.ts";
import { awaitOutOfBand, forgetCodeInHand } from "./await-out-of-band.ts";
import { answerHttpChallenge } from "./http-auth.ts";
import { lookAtSource } from "./look-at-source.ts";
import type { Observed } from "./observe.ts";
import { pause } from "./pause.ts";
import { clickControl } from "./press.ts";
import type { Decision, History, Purpose, Situation } from "./situation.ts";
import type { ControlSnapshot } from "./snapshot.ts";
import { visit } from "./visit.ts";

/** Between two looks at a page that is waited for, at most, in milliseconds. */
const lookAgainMs = 100;
/** Between two looks at a page that is not complete: each keeps it from getting there. */
const lookAtIncompleteMs = { loading: 500, interactive: 150 };

/** Does what was decided. Throws the Failure of a verdict, and whatever Playwright throws when the page changes under it. */
export async function perform({
  attempt,
  decision,
  situation,
  observed,
}: {
  attempt: Attempt;
  decision: Decision;
  situation: Situation;
  observed: Observed;
}): Promise<void> {
  const { request, report, activity, history, isAllowed } = attempt;
  const { page, signal, credentials } = request;
  const { action } = decision;
  switch (action.kind) {
    case "wait":
      return await untilWorthALook({ activity, observed, signal });
    case "look":
      return await lookAtSource(attempt, situation);
    case "click":
      remember({ history, situation, kind: "click", what: action.what, ref: action.control });
      return await clickControl({
        ref: action.control,
        reachable: isReachable(controlOf(situation, action.control)),
        page,
        observed,
        activity,
      });
    case "use_passkey": {
      await typeBeside({ fills: action.fills, page, observed, credentials, isAllowed });
      remember({ history, situation, kind: "click", what: "passkey", ref: action.control });
      return await clickControl({
        ref: action.control,
        reachable: isReachable(controlOf(situation, action.control)),
        page,
        observed,
        activity,
      });
    }
    case "submit": {
      assertMaySubmit({ what: action.what, history });
      await attempt.declineChallenges();
      const { codeInHand } = attempt;
      const onSubmit = () => {
        if (action.what.includes("code")) forgetCodeInHand(attempt);
        count({ what: action.what, history, report });
        remember({ history, situation, kind: "submit", what: action.what, ref: action.button });
      };
      return await submitForm({
        action,
        onSubmit,
        page,
        observed,
        activity,
        credentials:
          codeInHand === undefined ? credentials : { ...credentials, oneTimeCode: async () => codeInHand },
        isAllowed,
        signal,
      });
    }
    case "await_out_of_band":
      return await awaitOutOfBand({ attempt, request: action.request, situation });
    case "open_again":
      remember({ history, situation, kind: "open_again", what: "open_again", ref: null });
      activity.mark();
      return await visit({ page, url: request.site?.loginUrl ?? request.sourceUrl, signal });
    case "answer_http": {
      const onSubmit = () => {
        count({ what: ["username", "password"], history, report });
        remember({ history, situation, kind: "submit", what: ["username", "password"], ref: null });
      };
      assertMaySubmit({ what: ["password"], history });
      activity.mark();
      const url = request.sourceUrl;
      return await answerHttpChallenge({
        page,
        credentials,
        isAllowed,
        onSubmit,
        visit: () => visit({ page, url, signal }),
      });
    }
    case "fail":
      if (action.siteMessage !== undefined) report.siteMessage = action.siteMessage;
      throw new Failure(
        action.code,
        action.message,
        action.retryAfterMs === undefined ? {} : { retryAfterMs: action.retryAfterMs },
      );
    case "signed_in":
      return;
  }
}

async function untilWorthALook({
  activity,
  observed: { snapshot, tookMs },
  signal,
}: {
  activity: Activity;
  observed: Observed;
  signal: AbortSignal;
}): Promise<void> {
  const readyState = snapshot.frames[0]?.readyState ?? "loading";
  if (readyState !== "complete") return await activity.progress(lookAtIncompleteMs[readyState]);
  // Rules ask whether nothing changed for so many times this long: look again just when it has.
  const stillMs = Math.min(snapshot.activity.stillMs, snapshot.activity.quietMs);
  const nextMs = lookAgainMs - (stillMs % lookAgainMs);
  // A page that is long to look at is left half the time to itself.
  await Promise.all([activity.change(nextMs), pause(Math.min(tookMs, lookAgainMs / 2), signal)]);
}

function isReachable(control: ControlSnapshot | undefined): boolean {
  return control?.shown === true && !control.covered;
}

/** No rule asks for more; were one to, an account would be at stake. */
function assertMaySubmit({ what, history }: { what: Purpose[]; history: History }): void {
  const tooMany =
    (what.includes("password") && history.passwordSubmits >= 1) ||
    (what.includes("code") && history.codeSubmits >= 2);
  if (tooMany)
    throw new Failure("internal_error", "A rule asked for one submit too many; it was not done.", {
      retryable: false,
    });
}
