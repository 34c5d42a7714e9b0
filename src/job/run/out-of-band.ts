import type { WaitingForCode } from "../../events.ts";
import { Failure } from "../../failure.ts";
import { maskedAddress } from "../../identity/records/email-addresses.ts";
import type { Identity } from "../../identity/types.ts";
import type { LoginMailbox } from "../../login/mailbox/login-mailbox.ts";
import { answerOf, type OutOfBandAnswer } from "../../login/out-of-band.ts";
import type { OutOfBandSource } from "../../login/stored-credentials.ts";
import type { TimeLimit } from "../../time-limit.ts";
import { accountOf } from "./claim-identity.ts";
import type { RunContext } from "./run-context.ts";

/**
 * Where a run's login gets a code or link that the site sends another way: whatever comes first — handed in to the run,
 * to its identity's inbox, at the terminal, or found in the identity's mailbox. Meanwhile the run is `waiting_for_code`,
 * keeps its place, and the login's clock stands still. Undefined where a run is to wait for nobody.
 */
export function createOutOfBand(
  run: RunContext,
  {
    identity,
    emailAddresses,
    timeLimit,
    mailbox,
  }: {
    identity: Identity;
    emailAddresses: () => Promise<readonly string[]>;
    timeLimit: TimeLimit;
    mailbox: Pick<LoginMailbox, "isOpen" | "next" | "failure" | "leftAlone">;
  },
): OutOfBandSource | undefined {
  const { deps, job } = run;
  const timeoutMs = job.codeTimeoutMs ?? deps.codeTimeoutMs;
  if (timeoutMs === 0) return undefined;
  const startedAt = performance.now();
  // One span of waiting, however often the page changes under it, until something came.
  let waitUntil: number | undefined;

  return async (request, signal) => {
    using _paused = timeLimit.pause();
    const isNew = waitUntil === undefined;
    waitUntil ??= Date.now() + timeoutMs;
    const late = AbortSignal.timeout(Math.max(0, waitUntil - Date.now()));
    using asking = ending(AbortSignal.any([signal, late]));
    const inbox = async (): Promise<OutOfBandAnswer> =>
      answerOf(
        await deps.codes.take(
          { identityId: accountOf(identity), runId: run.id, maxAgeMs: () => performance.now() - startedAt },
          asking.signal,
        ),
      );
    const terminal = deps.askForCode;
    let fromMailbox = false;
    const fromItsMailbox = async () => {
      const answer = await mailbox.next(request, asking.signal);
      fromMailbox = true;
      return answer;
    };
    const sources = [
      inbox,
      ...(mailbox.isOpen ? [fromItsMailbox] : []),
      ...(terminal === undefined ? [] : [() => terminal(request, asking.signal)]),
    ];

    const [address] = request.channel === "email" ? await emailAddresses() : [];
    const waiting: WaitingForCode = {
      channel: request.channel,
      expects: request.expects,
      until: new Date(waitUntil).toISOString(),
      ...(address === undefined ? {} : { sentTo: maskedAddress(address) }),
      ...(request.siteMessage === undefined
        ? {}
        : { siteMessage: run.known.redactor.scrub(request.siteMessage) }),
    };
    await deps.markWaiting?.({ isWaiting: true, ...(isNew ? { news: waiting } : {}) });
    deps.emit({ type: "waiting_for_code", ...waiting });
    try {
      // A source that fails is out; the others go on.
      const answer = await Promise.any(sources.map((source) => source()));
      waitUntil = undefined;
      run.codeHandedIn ||= !fromMailbox;
      deps.emit({ type: "code_received", kind: answer.kind });
      return answer;
    } catch (error) {
      signal.throwIfAborted();
      if (late.aborted) throw tooLate(timeoutMs, mailbox);
      throw error instanceof AggregateError ? error.errors[0] : error;
    } finally {
      await deps.markWaiting?.({ isWaiting: false });
    }
  };
}

/** A signal that follows another and is aborted when it goes out of scope: who lost the race hears of it. */
function ending(outer: AbortSignal): Disposable & { signal: AbortSignal } {
  const over = new AbortController();
  return {
    signal: AbortSignal.any([outer, over.signal]),
    [Symbol.dispose]: () => over.abort(new Error("another answer came first")),
  };
}

function tooLate(
  timeoutMs: number,
  { failure, leftAlone }: Pick<LoginMailbox, "failure" | "leftAlone">,
): Failure {
  const seconds = Math.round(timeoutMs / 1_000);
  const text = seconds >= 120 ? `${Math.round(seconds / 60)} minutes` : `${seconds} s`;
  const left =
    leftAlone === 1
      ? "1 message in its mailbox was to somebody else and left alone."
      : `${leftAlone} messages in its mailbox were to somebody else and left alone.`;
  return new Failure(
    "one_time_code_timeout",
    [
      `The site asked for a one-time code, and none came within ${text}.`,
      ...(leftAlone === 0 ? [] : [left]),
      ...(failure === undefined ? [] : [failure.message]),
    ].join(" "),
  );
}
