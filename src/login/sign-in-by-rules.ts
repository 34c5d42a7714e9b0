import { Failure } from "../failure.ts";
import { clickControl, submitForm } from "./act.ts";
import { type Activity, watchActivity } from "./activity.ts";
import { addressOf } from "./address.ts";
import type { IsAllowed } from "./allowed-origin.ts";
import { decide } from "./decide.ts";
import { answerHttpChallenge, declineDataChallenges } from "./http-auth.ts";
import { type Observed, observe } from "./observe.ts";
import { linesOf, progressOf, stateOf } from "./page-state.ts";
import type { LoginRequest, Report } from "./request.ts";
import { judgeWhenSettled } from "./signed-in.ts";
import type { Decision, History, Purpose, Situation } from "./situation.ts";
import type { ControlSnapshot, PageSnapshot } from "./snapshot.ts";
import { FieldNotTypable, notTypable } from "./type-secret.ts";
import { visit } from "./visit.ts";

/** More than any login needs. */
const mostTurns = 25;
/** More times than a page can go away under an act by accident. */
const mostMishaps = 5;
/** After an act the page is not looked at before something came of it, or so much time has passed. */
const firstChangeMs = 50;
/** Between two looks at a page that is waited for, at most, in milliseconds. */
const lookAgainMs = 100;

interface Attempt {
  request: LoginRequest;
  report: Report;
  isAllowed: IsAllowed;
  activity: Activity;
  history: History;
  /** From the first submit to the end of the login. */
  declineChallenges: () => Promise<unknown>;
}

/** Observe, decide, act, again and again. Returns when signed in; throws the Failure it came to otherwise. */
export async function signInByRules({
  request,
  report,
  isAllowed,
}: {
  request: LoginRequest;
  report: Report;
  isAllowed: IsAllowed;
}): Promise<void> {
  const { page, signal } = request;
  using activity = watchActivity({ page, now: Date.now });
  const history = newHistory();
  await using ending = new AsyncDisposableStack();
  let declining: Promise<unknown> | undefined;
  const declineChallenges = () =>
    (declining ??= declineDataChallenges(page).then((challenges) => ending.use(challenges)));
  const attempt: Attempt = { request, report, isAllowed, activity, history, declineChallenges };
  const still = stillness();
  let mishaps = 0;
  let turns = 0;
  let lastWait = "";

  await begin(attempt);
  for (;;) {
    signal.throwIfAborted();
    using observed = await lookUntilSeen(attempt);
    observed.snapshot.activity.stillMs = still(observed);
    const situation = situationOf({ request, history, snapshot: observed.snapshot });
    const decision = decide(situation);
    // A wait is told once, not at each look.
    const waiting = decision.action.kind === "wait" ? `${decision.rule}: ${decision.reason}` : "";
    if (waiting === "" || waiting !== lastWait) {
      request.onSituation?.(situation);
      report.decide({ saw: decision.saw, action: decision.doing, reason: decision.reason });
    }
    lastWait = waiting;

    if (decision.action.kind === "signed_in") {
      // Where the source page is a login page itself, it may show its form to the signed-in as well.
      const typedAtSource = history.acts.some(
        (act) => act.kind === "submit" && act.url === situation.sourceUrl,
      );
      if (typedAtSource && history.lookedSignedIn === null) report.provedAt = situation.snapshot.url;
      return;
    }
    try {
      await perform({ attempt, decision, situation, observed });
      if (waiting === "") await activity.change(firstChangeMs);
    } catch (error) {
      if (error instanceof Failure || signal.aborted || page.isClosed()) throw error;
      // The page changed under the act: look again, unless it keeps happening.
      if (++mishaps >= mostMishaps) throw error instanceof FieldNotTypable ? notTypable() : error;
      request.log.debug({ rule: decision.rule }, "the page changed under an act");
    }
    if (waiting === "" && ++turns > mostTurns)
      throw new Failure("login_unrecognised", "The login goes round in circles.");
  }
}

function situationOf({
  request: { credentials, sourceUrl, site },
  history,
  snapshot,
}: {
  request: LoginRequest;
  history: History;
  snapshot: PageSnapshot;
}): Situation {
  return {
    snapshot,
    history: structuredClone(history),
    has: credentials.has,
    sourceUrl: addressOf(sourceUrl),
    ownCheck: site?.signedIn !== undefined,
  };
}

function newHistory(): History {
  return {
    passwordSubmits: 0,
    codeSubmits: 0,
    usernameSubmits: 0,
    looks: 0,
    lookedSignedIn: null,
    askedAgain: null,
    acts: [],
  };
}

/** A page that shows a fresh login already is used as it is; else the login begins at its own or the source page. */
async function begin({ request, isAllowed, activity, history }: Attempt): Promise<void> {
  const { page, site, sourceUrl, signal } = request;
  const start = site?.loginUrl ?? sourceUrl;
  if (isAllowed(page.url())) {
    try {
      using observed = await observe({ page, activity: activity.snapshot() });
      const { snapshot } = observed;
      const state = stateOf(situationOf({ request, history, snapshot }));
      const form = state.passwordForm ?? state.usernameForm;
      const fresh =
        form !== null &&
        !form.fields.some((field) => field.filled && field.kind === "password") &&
        !snapshot.frames.some((frame) => frame.messages.some(({ tone }) => tone === "error"));
      if (fresh) return;
    } catch {
      signal.throwIfAborted();
    }
  }
  await visit({ page, url: start, signal });
  activity.mark();
}

async function perform({
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
      return await activity.change(lookAgainMs);
    case "look":
      return await look(attempt, situation);
    case "click":
      remember({ history, situation, kind: "click", what: action.what, ref: action.control });
      return await clickControl({
        ref: action.control,
        reachable: isReachable(controlOf(situation, action.control)),
        observed,
        activity,
      });
    case "submit": {
      assertMaySubmit({ what: action.what, history });
      await attempt.declineChallenges();
      const onSubmit = () => {
        count({ what: action.what, history, report });
        remember({ history, situation, kind: "submit", what: action.what, ref: action.button });
      };
      return await submitForm({ action, onSubmit, page, observed, activity, credentials, isAllowed, signal });
    }
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

/**
 * Looks at the source page: where it stands if the site led back to it and it says so, else by opening it again. Some
 * login pages show their form to the signed-in as well; then the page the site led to after the login is opened anew
 * and has to show what only the signed-in are shown.
 */
async function look({ request, report, activity, history }: Attempt, situation: Situation): Promise<void> {
  const { page, sourceUrl, site, signal, log } = request;
  const { judgement, atSource, onLoginPage, codeForm, passwordForm, usernameForm } = stateOf(situation);
  const progress = progressOf(history);
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
    codeForm !== null ? "code" : (passwordForm ?? usernameForm) !== null ? "password" : null;
  history.lookedSignedIn = verdict.signedIn;
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

function count({ what, history, report }: { what: Purpose[]; history: History; report: Report }): void {
  if (what.includes("password")) {
    history.passwordSubmits += 1;
    report.submits.password += 1;
  }
  if (what.includes("code")) {
    history.codeSubmits += 1;
    report.submits.code += 1;
  }
  if (what.includes("username") && !what.includes("password")) history.usernameSubmits += 1;
}

function remember({
  history,
  situation,
  kind,
  what,
  ref,
}: {
  history: History;
  situation: Situation;
  kind: History["acts"][number]["kind"];
  what: History["acts"][number]["what"];
  ref: string | null;
}): void {
  const control = controlOf(situation, ref);
  history.lookedSignedIn = null;
  history.askedAgain = null;
  history.acts.push({
    kind,
    what,
    control: control?.text ?? "",
    documentId: situation.snapshot.frames[0]?.documentId ?? 0,
    messages: linesOf(situation),
    url: situation.snapshot.url,
  });
}

function isReachable(control: ControlSnapshot | undefined): boolean {
  return control?.shown === true && !control.covered;
}

function controlOf({ snapshot }: Situation, ref: string | null) {
  return snapshot.frames.flatMap((frame) => frame.controls).find((control) => control.ref === ref);
}

/** Looks until the page can be seen: between two documents it cannot. */
async function lookUntilSeen({ request, activity }: Attempt): Promise<Observed> {
  const { page, signal } = request;
  for (;;) {
    await activity.arrival(signal);
    signal.throwIfAborted();
    try {
      return await observe({ page, activity: activity.snapshot() });
    } catch (error) {
      if (page.isClosed()) throw error;
      await activity.change(lookAgainMs);
    }
  }
}

/** Tells for how long what is seen has been the same, in milliseconds. */
function stillness(): (observed: Observed) => number {
  let seen = "";
  let since = performance.now();
  return ({ snapshot }) => {
    const frames = JSON.stringify(snapshot.frames);
    if (frames !== seen) {
      seen = frames;
      since = performance.now();
    }
    return performance.now() - since;
  };
}
