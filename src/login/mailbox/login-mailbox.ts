import { Failure, toFailure } from "../../failure.ts";
import type { RevealedMailbox } from "../../identity/types.ts";
import type { Logger } from "../../log.ts";
import type { IsAllowed } from "../allowed-origin.ts";
import type { OutOfBandAnswer, OutOfBandRequest } from "../out-of-band.ts";
import { type Mailbox, openMailbox } from "./mailbox.ts";
import { everybody, type Recipient } from "./recipients.ts";

/** An identity's mailbox during one login. What is wrong with it is told, and ends nothing: a code may be handed in. */
export interface LoginMailbox extends AsyncDisposable {
  /**
   * Opens it. To be done before anything is submitted: only what arrives from then on is looked at. Resolves in
   * bounded time, whether it could be opened or not.
   */
  open(mailbox: RevealedMailbox): Promise<void>;
  /** Whether messages can be waited for. */
  readonly isOpen: boolean;
  /** Why not. */
  readonly failure: Failure | undefined;
  /** How many messages have arrived that were to somebody else. */
  readonly leftAlone: number;
  /** @throws Failure `mailbox_unavailable`; the signal's reason */
  next(request: OutOfBandRequest, signal: AbortSignal): Promise<OutOfBandAnswer>;
}

/** A mailbox that needs longer keeps a login waiting in vain. */
const openMs = 10_000;

export function createLoginMailbox({
  siteUrls,
  isAllowed,
  recipient = everybody,
  signal,
  log,
}: {
  /** The site's pages, as far as they are known when a message is waited for: URLs or hosts. */
  siteUrls: () => readonly string[];
  /** Where a link may lead. */
  isAllowed: IsAllowed;
  /** Whose messages are looked at; everybody's unless given. */
  recipient?: Recipient;
  signal: AbortSignal;
  log: Logger;
}): LoginMailbox {
  let opened: Mailbox | undefined;
  let failure: Failure | undefined;

  function fail(error: unknown): Failure {
    failure = toFailure(error, "mailbox_unavailable", "The mailbox could not be read.");
    log.warn(
      { code: failure.code, reason: failure.message },
      "the mailbox cannot be read: a code can still be handed in",
    );
    return failure;
  }

  return {
    async open(mailbox) {
      const slow = AbortSignal.timeout(openMs);
      try {
        opened = await openMailbox({ mailbox, recipient, signal: AbortSignal.any([signal, slow]), log });
      } catch (error) {
        if (signal.aborted) return;
        fail(
          slow.aborted
            ? new Failure(
                "mailbox_unavailable",
                `The mailbox at ${mailbox.host}:${mailbox.port} did not answer in ${openMs / 1_000} s.`,
              )
            : error,
        );
      }
    },
    get isOpen() {
      return opened !== undefined;
    },
    get failure() {
      return failure;
    },
    get leftAlone() {
      return opened?.leftAlone ?? 0;
    },
    async next(request, waiting) {
      if (opened === undefined) throw failure ?? new Failure("mailbox_unavailable", "There is no mailbox.");
      try {
        return await opened.next({ request, siteHosts: siteUrls().map(hostOf), isAllowed }, waiting);
      } catch (error) {
        waiting.throwIfAborted();
        throw fail(error);
      }
    },
    async [Symbol.asyncDispose]() {
      await opened?.[Symbol.asyncDispose]();
    },
  };
}

function hostOf(place: string): string {
  return URL.parse(place.includes("://") ? place : `https://${place}`)?.hostname ?? place;
}
