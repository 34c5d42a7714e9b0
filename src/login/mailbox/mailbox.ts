import pRetry from "p-retry";
import { Failure } from "../../failure.ts";
import { comparableAddress } from "../../identity/records/comparable-address.ts";
import type { RevealedMailbox } from "../../identity/types.ts";
import type { Logger } from "../../log.ts";
import { untilAborted } from "../../until-aborted.ts";
import type { OutOfBandAnswer } from "../out-of-band.ts";
import { pause } from "../pause.ts";
import { type Found, readAnswer, type Wanted } from "./choose-answer.ts";
import { type Connection, connect } from "./connect.ts";
import { type Message, readMessage } from "./message.ts";
import { everybody, isFor, type Recipient } from "./recipients.ts";

export type { Wanted } from "./choose-answer.ts";

/** A mailbox, looked into for one login. */
export interface Mailbox extends AsyncDisposable {
  /**
   * The code or link of a message that has arrived since the mailbox was opened; waits for one as long as the signal
   * lets it. No message is given twice, and none older than one that was given.
   * @throws Failure `mailbox_unavailable`; the signal's reason
   */
  next(wanted: Wanted, signal: AbortSignal): Promise<OutOfBandAnswer>;
  /** How many messages have arrived that were to somebody else. */
  readonly leftAlone: number;
}

interface Arrived {
  /** In the order of arrival; the server's own numbers may begin anew. */
  order: number;
  message: Message;
  /** It was said already that its links lead astray. */
  reported: boolean;
}

/** Messages kept in memory for another look; a login sees one or two. */
const mostMessages = 50;
const firstRetries = 2;
const longestPauseMs = 10_000;

/**
 * Opens a mailbox and notes where its folder stands: only messages that arrive from now on are looked at, by their
 * numbers, so that no clock matters. To be opened before the login submits anything. Nothing in the mailbox is
 * changed, not even marked as read.
 * @throws Failure `mailbox_unavailable`; the signal's reason
 */
export async function openMailbox({
  mailbox,
  recipient = everybody,
  signal,
  log,
  strangerMs = 5_000,
}: {
  mailbox: RevealedMailbox;
  /** Messages to others are left alone; everybody's are looked at unless given. */
  recipient?: Recipient;
  signal: AbortSignal;
  log: Logger;
  /** How long a code from a stranger waits for a message from the site itself, in milliseconds. */
  strangerMs?: number;
}): Promise<Mailbox> {
  const closed = new AbortController();
  let connection = await connectWithRetries({ mailbox, signal, retries: firstRetries });
  let { uidValidity, uidNext: nextUid } = connection;
  let arrived: Arrived[] = [];
  let order = 0;
  let failedLooks = 0;
  let leftAlone = 0;
  let looking: Promise<void> | undefined;
  log.debug("mailbox opened");

  async function reconnect(): Promise<void> {
    await connection[Symbol.asyncDispose]();
    connection = await connectWithRetries({
      mailbox,
      signal: closed.signal,
      retries: Number.POSITIVE_INFINITY,
    });
    if (connection.uidValidity === uidValidity) {
      log.debug("mailbox opened again");
      return;
    }
    log.warn("the mailbox's folder was numbered anew: only messages that arrive from now on are looked at");
    ({ uidValidity, uidNext: nextUid } = connection);
  }

  async function lookOnce(): Promise<void> {
    if (!connection.isOpen) await reconnect();
    for await (const { uid, source } of connection.messagesFrom(nextUid)) {
      const message = await readMessage(source).catch(() => undefined);
      const isLookedAt = message !== undefined && isFrom(message, mailbox.from);
      const isOurs = isLookedAt && (await isFor(message, { recipient, mailbox }));
      // Not before: whose it is may have to be asked again.
      nextUid = uid + 1;
      if (!isLookedAt) continue;
      if (!isOurs) {
        leftAlone += 1;
        if (leftAlone === 1) log.info("a message to somebody else was left alone");
        continue;
      }
      order += 1;
      arrived = [...arrived, { order, message, reported: false }].slice(-mostMessages);
    }
    failedLooks = 0;
  }

  /** One look at a time, whoever waits for it. */
  function look(): Promise<void> {
    looking ??= lookOnce()
      .catch(async (error: unknown) => {
        if (!(error instanceof Failure && error.retryable)) throw error;
        // The next look connects anew where that is needed.
        failedLooks += 1;
        await pause(Math.min(longestPauseMs, 100 * 2 ** failedLooks), closed.signal);
      })
      .finally(() => {
        looking = undefined;
      });
    return looking;
  }

  /** The newest message from the site that has what is wanted, else the newest of a stranger. */
  function choose(wanted: Wanted): (Found & { order: number }) | undefined {
    let stranger: (Found & { order: number }) | undefined;
    for (const one of arrived.toReversed()) {
      const { found, foreign } = readAnswer(one.message, wanted);
      if (foreign > 0 && !one.reported) {
        one.reported = true;
        log.warn({ links: foreign }, "a message's link leads to a domain that is not allowed: not opened");
      }
      if (found === undefined) continue;
      if (found.aboutSite) return { ...found, order: one.order };
      stranger ??= { ...found, order: one.order };
    }
    return stranger;
  }

  return {
    async next(wanted, waiting) {
      const startedAt = performance.now();
      let strangerSince: number | undefined;
      for (;;) {
        await untilAborted(waiting, look);
        const found = choose(wanted);
        if (found !== undefined && !found.aboutSite) strangerSince ??= performance.now();
        const patience = strangerSince === undefined ? 0 : strangerMs - (performance.now() - strangerSince);
        if (found !== undefined && (found.aboutSite || patience <= 0)) {
          arrived = arrived.filter((one) => one.order > found.order);
          const waitedMs = Math.round(performance.now() - startedAt);
          log.info({ kind: found.answer.kind, waitedMs }, "the mailbox gave what the site had sent");
          return found.answer;
        }
        // What a look that failed would have found, no server tells of again.
        if (failedLooks > 0) continue;
        const soon = patience > 0 ? [AbortSignal.timeout(Math.ceil(patience))] : [];
        await connection.news(AbortSignal.any([waiting, ...soon])).catch((error: unknown) => {
          waiting.throwIfAborted();
          if (soon.length === 0) throw error;
        });
      }
    },
    get leftAlone() {
      return leftAlone;
    },
    async [Symbol.asyncDispose]() {
      closed.abort(new Failure("cancelled", "The mailbox was closed."));
      await connection[Symbol.asyncDispose]();
    },
  };
}

/** Only what the network is to blame for is tried again: a refused login never. */
function connectWithRetries({
  mailbox,
  signal,
  retries,
}: {
  mailbox: RevealedMailbox;
  signal: AbortSignal;
  retries: number;
}): Promise<Connection> {
  return pRetry(() => connect(mailbox, signal), {
    retries,
    minTimeout: 250,
    maxTimeout: longestPauseMs,
    randomize: true,
    signal,
    shouldRetry: ({ error }) =>
      error instanceof Failure && error.code === "mailbox_unavailable" && error.retryable,
  });
}

function isFrom({ from }: Message, wanted: string | undefined): boolean {
  // It may be part of an address, and its domain in letters.
  return (
    wanted === undefined ||
    [wanted.toLowerCase(), comparableAddress(wanted)].some((part) =>
      from.some((address) => address.includes(part)),
    )
  );
}
