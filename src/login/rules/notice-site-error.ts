import { describePage, stateOf } from "../page-state.ts";
import type { Rule } from "../situation.ts";

/** The site broke: a page of status 5xx, or such an answer to the submit, and nothing else said. */
export const noticeSiteError: Rule = (situation) => {
  const { activity } = situation.snapshot;
  const { forms, judgement, lastAct, lastSubmit, settled } = stateOf(situation);
  if (judgement.verdict === "signed_in" && judgement.evidence === "strong") return undefined;
  const brokenPage = (activity.documentStatus ?? 0) >= 500 && forms.length === 0;
  const brokenAnswer =
    lastSubmit !== undefined &&
    lastAct === lastSubmit &&
    settled &&
    activity.answers.some(({ write, status }) => write && status >= 500);
  if (!brokenPage && !brokenAnswer) return undefined;
  const status = brokenPage
    ? activity.documentStatus
    : activity.answers.find((answer) => answer.status >= 500)?.status;
  return {
    saw: `${describePage(situation)}, status ${status}`,
    doing: "stop: trouble at the site",
    reason: "the site answered with a server error, not with a refusal",
    action: { kind: "fail", code: "site_error", message: `The site answered with status ${status}.` },
  };
};
