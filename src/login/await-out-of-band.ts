import { originNotAllowed } from "./allowed-origin.ts";
import { type Attempt, remember, situationOf } from "./attempt.ts";
import { observe } from "./observe.ts";
import type { OutOfBandRequest } from "./out-of-band.ts";
import { stateOf } from "./page-state.ts";
import { pause } from "./pause.ts";
import type { Situation } from "./situation.ts";
import { visit } from "./visit.ts";

/** Between two looks at whether the page went on by itself, in milliseconds. */
const lookAgainMs = 1_000;

/**
 * Waits for what the site sends another way. A code is kept for the next submit; a link is opened, on a domain that
 * credentials may be typed on. Where the page goes on by itself meanwhile — somebody approved the login on a phone —
 * nothing is waited for any longer.
 * @throws Failure `one_time_code_timeout`, `origin_not_allowed`
 */
export async function awaitOutOfBand({
  attempt,
  request,
  situation,
}: {
  attempt: Attempt;
  request: OutOfBandRequest;
  situation: Situation;
}): Promise<void> {
  const { activity, history, isAllowed, request: login } = attempt;
  const over = new AbortController();
  const signal = AbortSignal.any([login.signal, over.signal]);
  const answering = login.credentials.outOfBand(request, signal);
  const goingOn = pageWentOn({ attempt, situation, signal });
  // Whichever comes second is stopped, and says so to nobody.
  for (const ending of [answering, goingOn]) ending.catch(() => {});
  const answer = await Promise.race([answering, goingOn]).finally(() =>
    over.abort(new Error("the wait is over")),
  );
  if (answer === undefined) return;
  if (answer.kind === "code") {
    attempt.codeInHand = answer.code;
    history.codeInHand = true;
    return;
  }
  const url = answer.url.reveal();
  if (!isAllowed(url)) throw originNotAllowed(url);
  remember({ history, situation, kind: "open_link", what: "open_link", ref: null });
  activity.mark();
  await visit({ page: login.page, url, signal: login.signal });
}

/** It was typed: it is good for nothing any more. */
export function forgetCodeInHand(attempt: Attempt): void {
  attempt.codeInHand = undefined;
  attempt.history.codeInHand = false;
}

/** Resolves when the page is another, or asks for something else, than when the wait began. */
async function pageWentOn({
  attempt: { request, history, activity },
  situation,
  signal,
}: {
  attempt: Attempt;
  situation: Situation;
  signal: AbortSignal;
}): Promise<undefined> {
  const before = whatItAsks(situation);
  for (;;) {
    await pause(lookAgainMs, signal);
    try {
      using observed = await observe({ page: request.page, activity: activity.snapshot() });
      const { snapshot } = observed;
      if (
        !activity.snapshot().navigating &&
        whatItAsks(situationOf({ request, history, snapshot })) !== before
      )
        return undefined;
    } catch (error) {
      // Between two documents there is nothing to see.
      if (request.page.isClosed()) throw error;
    }
  }
}

/** Texts are left out: a countdown to "send again" is no step forward. */
function whatItAsks(situation: Situation): string {
  const { codeForm, passwordForm, usernameForm, judgement } = stateOf(situation);
  const { snapshot } = situation;
  return JSON.stringify([
    snapshot.url,
    [codeForm, passwordForm, usernameForm].map((form) => form !== null),
    judgement.verdict,
    snapshot.frames.map((frame) =>
      frame.fields.filter(({ shown }) => shown).map(({ kind, label }) => [kind, label]),
    ),
  ]);
}
