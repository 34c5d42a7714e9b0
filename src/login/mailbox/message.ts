import PostalMime, { type Address, addressParser, type Email } from "postal-mime";
import { comparableAddress } from "../../identity/records/comparable-address.ts";
import { type Line, type Link, readHtml } from "./read-html.ts";
import { tidy } from "./tidy.ts";

/** A message as far as codes and links are looked for in it. */
export interface Message {
  /** Addresses of the sender; all addresses as they are compared. */
  from: string[];
  /** Addresses it says it is for, in To, Cc and Bcc. */
  to: string[];
  /** Where it was delivered to, and sent on to, as far as the servers and people on its way say. */
  delivered: string[];
  /** The senders' display names. */
  names: string;
  subject: string;
  /** Of the HTML first, then of the plain text, without what is quoted from earlier messages. */
  lines: Line[];
  links: Link[];
}

const plainSize = 16;
/** Neither code nor link stands behind more, and whoever sends more must not keep the process busy. */
const most = {
  source: 500_000,
  lines: 300,
  letters: 20_000,
  links: 100,
  line: 500,
  addresses: 100,
  header: 5_000,
};
const addresses = /\bhttps?:\/\/[^\s<>"'`\u3000-\u303f\uff00-\uffef]+/gi;

/** Reads a message (RFC 5322, MIME) in any encoding; cut off at the end is no harm. */
export async function readMessage(source: Uint8Array): Promise<Message> {
  const email = await PostalMime.parse(source, { forceRfc822Attachments: true });
  const html = readHtml((email.html ?? "").slice(0, most.source));
  const text = plainLines((email.text ?? "").slice(0, most.source));
  const senders = mailboxesOf([email.from, email.sender]);
  return {
    from: addressesOf(senders),
    to: addressesOf(mailboxesOf([...(email.to ?? []), ...(email.cc ?? []), ...(email.bcc ?? [])])),
    delivered: deliveredTo(email),
    names: tidy(senders.map(({ name }) => name).join(" ")),
    subject: tidy(email.subject ?? ""),
    lines: [html.lines, text.map((line) => ({ text: line, size: plainSize }))].flatMap(beginningOf),
    links: [html.links, linksIn(text)].flatMap((links) => links.slice(0, most.links)),
  };
}

const mailboxesOf = (addresses: readonly (Address | undefined)[]) =>
  addresses.flatMap((address) => (address === undefined ? [] : (address.group ?? [address])));

/** Each once; of more than `most.addresses` so many that it can be seen. */
function addressesOf(mailboxes: readonly { address?: string }[]): string[] {
  const all = new Set(
    mailboxes.map(({ address = "" }) => address).filter((address) => address.includes("@")),
  );
  return [...new Set([...all].slice(0, most.addresses).map(comparableAddress))];
}

/** What servers add that deliver or forward a message, and who resends one (RFC 5322 §3.6.6). */
const deliveryHeaders: ReadonlySet<string> = new Set([
  "x-original-to",
  "envelope-to",
  "delivered-to",
  "x-forwarded-to",
  "resent-to",
  "resent-cc",
]);

function deliveredTo({ headers }: Email): string[] {
  return addressesOf(
    headers.flatMap(({ key, value }): readonly { address?: string }[] => {
      const text = value.slice(0, most.header);
      if (deliveryHeaders.has(key)) return mailboxesOf(addressParser(text));
      // `Received: from … by … for <ada@…>; …` (RFC 5321 §4.4).
      const [, address] = (key === "received" && /\sfor\s+<?([^\s<>;]+@[^\s<>;]+)/i.exec(text)) || [];
      return address === undefined ? [] : [{ address }];
    }),
  );
}

function beginningOf(lines: readonly Line[]): Line[] {
  let letters = 0;
  return lines
    .slice(0, most.lines)
    .map(({ text, size }) => ({ text: text.slice(0, most.line), size }))
    .filter(({ text }) => {
      letters += text.length;
      return letters <= most.letters;
    });
}

/** The lines of a plain text up to where an earlier message is quoted. */
function plainLines(text: string): string[] {
  const lines: string[] = [];
  for (const raw of text.split(/\r?\n/)) {
    const line = tidy(raw);
    if (/^-{2,} ?(?:original message|urspr.ngliche nachricht|message d'origine|mensaje original)/i.test(line))
      break;
    if (line !== "" && !/^(?:>|\|>)/.test(raw.trimStart())) lines.push(line);
  }
  return lines;
}

function linksIn(lines: readonly string[]): Link[] {
  return lines.flatMap((line, at) =>
    [...line.matchAll(addresses)].map(({ 0: found, index }) => ({
      // What ends a sentence is no part of an address.
      url: found.replace(/[.,;:!?)\]}>]+$/, ""),
      text: found,
      before: `${lines[at - 1] ?? ""} ${line.slice(0, index)}`.trim(),
    })),
  );
}
