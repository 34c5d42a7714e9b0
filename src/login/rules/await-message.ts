import { channelOf } from "../channel.ts";
import { quoted } from "../describe.ts";
import { describePage, linesOf, stateOf } from "../page-state.ts";
import { answersOf } from "../site-words.ts";
import type { Rule, Situation } from "../situation.ts";
import { speaksOf } from "../words.ts";

const standsStillMs = 500;

/** The site sent a link that signs in, or waits for the login to be approved on a phone: there is nothing to type. */
export const awaitMessage: Rule = (situation) => {
  const { has, history } = situation;
  const { codeForm, passwordForm, submits, judgement, settled } = stateOf(situation);
  const begun = submits > 0 || history.acts.some(({ what }) => what === "method");
  if (!begun || codeForm !== null || passwordForm !== null) return undefined;
  if (judgement.verdict === "signed_in" && judgement.evidence === "strong") return undefined;
  const said = whatWasSent(situation);
  if (said === undefined) return undefined;
  const page = describePage(situation);
  const saw = page.includes(said) ? page : `${page}, and${quoted(said)}`;
  // A page that waits for an approval asks its server again and again: standing still is enough.
  const { activity } = situation.snapshot;
  if (!settled && (activity.stillMs < standsStillMs || activity.navigating))
    return { saw, doing: "wait", reason: "the page may not be complete yet", action: { kind: "wait" } };

  const channel = channelOf(said);
  const approval = channel === "push";
  const reason = approval
    ? "the site waits until the login is approved on another device"
    : "the site sent a link, and the login goes on where that is opened";
  if (has.outOfBand) {
    return {
      saw,
      doing: approval ? "wait for the approval" : "wait for the link",
      reason,
      action: { kind: "await_out_of_band", request: { channel, expects: "link", siteMessage: said } },
    };
  }
  return {
    saw,
    doing: "stop: somebody is needed",
    reason,
    action: {
      kind: "fail",
      code: "one_time_code_required",
      message: approval
        ? "The site waits until the login is approved on another device."
        : "The site sent a link to sign in with, to a mailbox or a phone.",
      siteMessage: said,
    },
  };
};

/** Where the form with the user name is still there, only what is new on the page counts. */
function whatWasSent(situation: Situation): string | undefined {
  const lines =
    stateOf(situation).usernameForm === null
      ? linesOf(situation)
      : answersOf(situation)
          .filter(({ weight }) => weight !== "error")
          .map(({ text }) => text);
  return lines.find(
    (line) =>
      speaksOf(line, "sentLink", "approve") &&
      !speaksOf(line, "wrongCredentials", "somethingFailed") &&
      !/[?？]\s*$/.test(line),
  );
}
