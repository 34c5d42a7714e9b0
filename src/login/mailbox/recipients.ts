import { comparableAddress } from "../../identity/records/comparable-address.ts";
import type { RevealedMailbox } from "../../identity/types.ts";
import type { Message } from "./message.ts";

/** Whose messages are looked at, in a mailbox that others' messages arrive in, too. */
export interface Recipient {
  /** None where everybody's messages are looked at. */
  addresses(): Promise<readonly string[]>;
  /** Those of the addresses that are known to be another identity's; one question for all of them. */
  anothersOf(addresses: readonly string[]): Promise<ReadonlySet<string>>;
  /** Whether another identity's messages may arrive in a mailbox on this server, too. */
  mayShareServer(host: string): Promise<boolean>;
}

export const everybody: Recipient = {
  addresses: async () => [],
  anothersOf: async () => new Set(),
  mayShareServer: async () => false,
};

/** A message that carries a code goes to one person; whoever names more must not keep the database busy. */
const mostAddresses = 50;

/**
 * Whether a message was written to somebody. What it says itself, in To, Cc and Bcc, decides first. Where that names
 * others, as in forwarded mail, or nobody but the sender, as in a blind copy, it is what the servers on its way noted of
 * its delivery — unless one of those it names is another identity, or unless they noted no more than the mailbox's own
 * address, which everybody's messages have, and the mailbox may be another identity's, too. A message that names nobody
 * is anybody's of the mailbox: taken where no other identity may use that.
 *
 * An address without a tag is also written to with one (`ada+shop@…`, RFC 5233), unless that is another identity's; one
 * with a tag is not written to without it, or with another.
 */
export async function isFor(
  message: Message,
  { recipient, mailbox }: { recipient: Recipient; mailbox: Pick<RevealedMailbox, "host" | "username"> },
): Promise<boolean> {
  const own = new Set((await recipient.addresses()).map(comparableAddress));
  if (own.size === 0) return true;
  const reached = [...message.to, ...message.delivered];
  if (new Set(reached).size > mostAddresses) return false;
  if (message.to.some((address) => own.has(address))) return true;

  const isItself = (address: string) => isLoginOf(address, mailbox.username.reveal());
  const others = [
    ...message.to.filter((address) => !message.from.includes(address)),
    ...message.delivered.filter((address) => !isItself(address)),
  ].filter((address) => !own.has(address));
  const mayBeOwn = (address: string) => own.has(address) || own.has(withoutTag(address));
  if (!reached.some(mayBeOwn)) return others.length === 0 && !(await recipient.mayShareServer(mailbox.host));

  const asked = new Set(reached.flatMap((address) => [address, withoutTag(address)]));
  const anothers = await recipient.anothersOf([...asked].filter((address) => !own.has(address)));
  const isOwn = (address: string) => mayBeOwn(address) && (own.has(address) || !anothers.has(address));
  if (message.to.some(isOwn)) return true;
  const strangers = others.filter((address) => !isOwn(address));
  if (strangers.some((address) => anothers.has(address) || anothers.has(withoutTag(address)))) return false;

  const delivered = message.delivered.filter(isOwn);
  if (delivered.length === 0) return false;
  const isTelling = strangers.length === 0 || delivered.some((address) => !isItself(address));
  return isTelling || !(await recipient.mayShareServer(mailbox.host));
}

function withoutTag(address: string): string {
  const at = address.lastIndexOf("@");
  return address.slice(0, at).replace(/\+.*$/, "") + address.slice(at);
}

/** Some servers' usernames are addresses, others' are what stands before the `@`. */
function isLoginOf(address: string, username: string): boolean {
  const login = comparableAddress(username);
  return login === address || (!login.includes("@") && address.startsWith(`${login}@`));
}
