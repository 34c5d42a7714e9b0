import { Failure } from "../failure.ts";
import { watchActivity } from "./activity.ts";
import type { IsAllowed } from "./allowed-origin.ts";
import { type Attempt, newHistory, remember, situationOf } from "./attempt.ts";
import { begin } from "./begin.ts";
import { decide } from "./decide.ts";
import type { HeldPasskey } from "./hold-passkey.ts";
import { declineDataChallenges } from "./http-auth.ts";
import { type Observed, observe } from "./observe.ts";
import { perform } from "./perform.ts";
import type { LoginRequest, Report } from "./request.ts";
import type { PageSnapshot } from "./snapshot.ts";
import { FieldNotTypable, notTypable } from "./type-secret.ts";

/** More than any login needs. */
const mostTurns = 25;
/** More times than a page can go away under an act by accident. */
const mostMishaps = 5;
/** After an act the page is not looked at before something came of it, or so much time has passed. */
const firstChangeMs = 50;
/** Between two looks at a page that is waited for, at most, in milliseconds. */
const lookAgainMs = 100;

/** Observe, decide, act, again and again. Returns when signed in; throws the Failure it came to otherwise. */
export async function signInByRules({
  request,
  report,
  isAllowed,
  passkey,
}: {
  request: LoginRequest;
  report: Report;
  isAllowed: IsAllowed;
  passkey: HeldPasskey | undefined;
}): Promise<void> {
  const { page, signal } = request;
  using activity = watchActivity({ page, now: Date.now });
  const history = newHistory();
  using ending = new DisposableStack();
  // Made while the first page is on its way: it is not needed before something is submitted.
  const devtools = page.context().newCDPSession(page);
  // Whoever needs it hears of its failure.
  devtools.catch(() => {});
  // Nobody waits for it: until it is done, challenges are declined as before.
  ending.defer(() => void devtools.then((cdp) => cdp.detach()).catch(() => {}));
  let declining: Promise<unknown> | undefined;
  const declineChallenges = () => (declining ??= devtools.then(declineDataChallenges));
  const attempt: Attempt = {
    request,
    report,
    isAllowed,
    activity,
    history,
    codeInHand: undefined,
    passkey,
    declineChallenges,
  };
  const still = stillness();
  let mishaps = 0;
  let turns = 0;
  let lastWait = "";
  let before: PageSnapshot | undefined;

  await begin(attempt);
  for (;;) {
    signal.throwIfAborted();
    using observed = await lookUntilSeen(attempt);
    observed.snapshot.activity.stillMs = still(observed);
    if (passkey?.takeUse() === true) noteUse(attempt, before, observed.snapshot);
    before = observed.snapshot;
    const situation = situationOf({ request, history, snapshot: observed.snapshot });
    const decision = decide(situation);
    // A wait is told once, not at each look.
    const waiting = decision.action.kind === "wait" ? `${decision.rule}: ${decision.reason}` : "";
    if (waiting === "" || waiting !== lastWait) {
      const { saw, doing, reason } = decision;
      const { atMs } = report.decide({ saw, action: doing, reason });
      request.onSituation?.({ atMs, situation, decision });
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
      if (waiting === "" && decision.action.kind !== "look") await activity.change(firstChangeMs);
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

/**
 * The site was given the passkey's signature: a submit, though nothing was typed. What the page said before tells
 * what it says in answer; a site that asked before the page was first seen had said nothing yet.
 */
function noteUse({ request, history }: Attempt, before: PageSnapshot | undefined, now: PageSnapshot): void {
  const silent = {
    ...now,
    frames: now.frames.map((frame) => ({ ...frame, messages: [], headings: [], texts: [] })),
  };
  const situation = situationOf({ request, history, snapshot: before ?? silent });
  remember({ history, situation, kind: "submit", what: ["passkey"], ref: null });
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
