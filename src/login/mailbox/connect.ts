import { once } from "node:events";
import { ImapFlow } from "imapflow";
import { Failure } from "../../failure.ts";
import type { RevealedMailbox } from "../../identity/types.ts";
import { pause } from "../pause.ts";
import { mailboxFailure } from "./mailbox-failure.ts";

/** One connection to a mailbox, its folder open for reading only. */
export interface Connection extends AsyncDisposable {
  /** While it stays the same, so does what the numbers of messages mean (RFC 3501 §2.3.1.1). */
  readonly uidValidity: bigint;
  /** The number the next message gets, or a lower one. */
  readonly uidNext: number;
  readonly isOpen: boolean;
  /** The messages from a number on, each up to `mostBytes`. @throws Failure `mailbox_unavailable` */
  messagesFrom(uid: number): AsyncIterable<{ uid: number; source: Uint8Array }>;
  /** Waits until the folder may hold something new: the server says so, or it is time to look. */
  news(signal: AbortSignal): Promise<void>;
}

const connectMs = 15_000;
const logoutMs = 1_000;
const mostBytes = 1_000_000;
/** How often it is looked for new messages: the server tells of them by itself, where it can. */
const lookAgainMs = { idle: 20_000, poll: 3_000 };

/**
 * Connects and opens the folder with EXAMINE: nothing is marked as read, nothing changed.
 * @throws Failure `mailbox_unavailable`; the signal's reason
 */
export async function connect(mailbox: RevealedMailbox, signal: AbortSignal): Promise<Connection> {
  signal.throwIfAborted();
  const { host, port, security, folder } = mailbox;
  const client = new ImapFlow({
    host: host.replace(/^\[(.*)\]$/, "$1"),
    port,
    secure: security === "tls",
    doSTARTTLS: security === "tls" ? undefined : security === "starttls",
    auth: { user: mailbox.username.reveal(), pass: mailbox.password.reveal() },
    clientInfo: { name: "Latchkey" },
    // It would print what goes over the wire.
    logger: false,
    disableAutoIdle: true,
    connectionTimeout: connectMs,
    greetingTimeout: connectMs,
    maxLiteralSize: 2 * mostBytes,
    maxLineLength: mostBytes,
  });
  // Whatever fails also fails the command in progress, or shows in `isOpen`.
  client.on("error", () => {});
  const close = () => client.close();
  signal.addEventListener("abort", close, { once: true });
  try {
    await client.connect();
    const { uidValidity, uidNext } = await client.mailboxOpen(folder, { readOnly: true });
    return {
      uidValidity,
      uidNext,
      get isOpen() {
        return client.usable;
      },
      async *messagesFrom(uid) {
        try {
          // A server may tell of new messages in answer to this only.
          await client.noop();
          const query = { uid: true, source: { start: 0, maxLength: mostBytes } };
          for await (const message of client.fetch(`${uid}:*`, query, { uid: true })) {
            // `n:*` is the last message even where n is beyond it (RFC 3501 §6.4.8).
            if (message.uid >= uid && message.source !== undefined)
              yield { uid: message.uid, source: message.source };
          }
        } catch (error) {
          // Whatever it was, a new connection may do better.
          client.close();
          throw error instanceof Failure ? error : mailboxFailure(undefined, mailbox);
        }
      },
      async news(waiting) {
        const over = new AbortController();
        const until = AbortSignal.any([waiting, over.signal]);
        const canIdle = client.capabilities.has("IDLE") || client.capabilities.has("IMAP4rev2");
        if (canIdle) void client.idle().catch(() => {});
        const happenings = [
          once(client, "exists", { signal: until }),
          once(client, "close", { signal: until }),
          pause(canIdle ? lookAgainMs.idle : lookAgainMs.poll, until),
        ];
        for (const happening of happenings) happening.catch(() => {});
        try {
          if (client.usable) await Promise.race(happenings);
        } catch (error) {
          waiting.throwIfAborted();
          throw error;
        } finally {
          over.abort();
        }
      },
      async [Symbol.asyncDispose]() {
        const late = new AbortController();
        await Promise.race([client.logout().catch(() => {}), pause(logoutMs, late.signal).catch(() => {})]);
        late.abort();
        client.close();
      },
    };
  } catch (error) {
    client.close();
    signal.throwIfAborted();
    throw mailboxFailure(error, mailbox);
  } finally {
    signal.removeEventListener("abort", close);
  }
}
