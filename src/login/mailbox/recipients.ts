import type { Message } from "./message.ts";

/** Whose messages are looked at, in a mailbox that others' messages arrive in, too. */
export interface Recipient {
  /** In lower case; none where everybody's messages are looked at. */
  addresses(): Promise<readonly string[]>;
  /** Whether an address is known to be another identity's. */
  isAnothers(address: string): Promise<boolean>;
}

export const everybody: Recipient = { addresses: async () => [], isAnothers: async () => false };

/**
 * Whether a message was written to somebody. What it says itself, in To and Cc, decides; where that names nobody but
 * the sender, as in a blind copy, the header of its first delivery does: those after it name the mailbox that everybody's
 * messages end in.
 *
 * An address is compared whatever its case. One without a tag is also written to with one (`ada+shop@…`, RFC 5233),
 * unless that is another identity's; one with a tag is not written to without it, or with another.
 */
export async function isFor(message: Message, recipient: Recipient): Promise<boolean> {
  const known = new Set(await recipient.addresses());
  if (known.size === 0) return true;
  const reached = writtenTo(message);
  if (reached.some((address) => known.has(address))) return true;
  for (const address of reached) {
    const untagged = withoutTag(address);
    if (untagged !== address && known.has(untagged) && !(await recipient.isAnothers(address))) return true;
  }
  return false;
}

function writtenTo({ from, to, delivered }: Message): readonly string[] {
  return to.some((address) => !from.includes(address)) ? to : [...to, ...delivered];
}

function withoutTag(address: string): string {
  const at = address.lastIndexOf("@");
  return address.slice(0, at).replace(/\+.*$/, "") + address.slice(at);
}
