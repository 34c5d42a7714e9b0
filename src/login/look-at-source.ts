import type { Attempt } from "./attempt.ts";
import { findSignIn, isAboutSecondFactor, type Judgement } from "./judge-signed-in.ts";
import { progressOf, stateOf } from "./page-state.ts";
import { judgeWhenSettled } from "./signed-in.ts";
import type { Situation } from "./situation.ts";
import { visit } from "./visit.ts";

/** The site led to a page for those who are not signed in, and not to a further step of the login. */
function leadsOut({ snapshot }: Situation, { verdict, evidence }: Judgement): boolean {
  return (
    verdict === "signed_out" &&
    evidence === "strong" &&
    findSignIn(snapshot) !== undefined &&
    !isAboutSecondFactor(snapshot)
  );
}

/**
 * Looks at the source page: where it stands if the site led back to it and it says so, else by opening it again. Some
 * login pages show their form to the signed-in as well; then the page the site led to after the login is opened anew
 * and has to show what only the signed-in are shown.
 */
export async function lookAtSource(
  { request, report, activity, history }: Attempt,
  situation: Situation,
): Promise<void> {
  const { page, sourceUrl, site, signal, log } = request;
  const { judgement, atSource, onLoginPage, codeForm, passwordForm, usernameForm } = stateOf(situation);
  const progress = progressOf(history, request.credentials.has);
  const sure = judgement.verdict === "signed_in" && judgement.evidence === "strong";
  const landing = situation.snapshot.url;
  if (!(sure && atSource)) {
    activity.mark();
    await visit({ page, url: sourceUrl, signal });
  }
  let verdict = await judgeWhenSettled({ page, sourceUrl, site, signal, activity, progress });
  if (!verdict.signedIn && sure && !atSource && !onLoginPage && site?.signedIn === undefined) {
    await visit({ page, url: landing, signal });
    const again = await judgeWhenSettled({ page, sourceUrl: landing, site, signal, activity, progress });
    if (again.signedIn && again.evidence === "strong") {
      verdict = again;
      report.provedAt = landing;
    }
  }
  log.debug({ signedIn: verdict.signedIn, reason: verdict.reason }, "looked at the source page");
  history.looks += 1;
  history.askedAgain =
    codeForm !== null
      ? "code"
      : passwordForm !== null || usernameForm !== null || leadsOut(situation, judgement)
        ? "password"
        : null;
  history.lookedSignedIn = verdict.signedIn;
}
