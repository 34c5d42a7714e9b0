import PostalMime, { type Address, type Email } from "postal-mime";
import { type Line, type Link, readHtml } from "./read-html.ts";
import { tidy } from "./tidy.ts";

/** A message as far as codes and links are looked for in it. */
export interface Message {
  /** Addresses of the sender, in lower case. */
  from: string[];
  /** Addresses it says it is for, in To and Cc; in lower case. */
  to: string[];
  /** Where it was delivered to first, as far as the servers on its way say: of one header; in lower case. */
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
const most = { source: 500_000, lines: 300, letters: 20_000, links: 100, line: 500 };
const addresses = /\bhttps?:\/\/[^\s<>"'`\u3000-\u303f\uff00-\uffef]+/gi;

/** Reads a message (RFC 5322, MIME) in any encoding; cut off at the end is no harm. */
export async function readMessage(source: Uint8Array): Promise<Message> {
  const email = await PostalMime.parse(source, { forceRfc822Attachments: true });
  const html = readHtml((email.html ?? "").slice(0, most.source));
  const text = plainLines((email.text ?? "").slice(0, most.source));
  const senders = mailboxesOf([email.from, email.sender]);
  return {
    from: addressesOf(senders),
    to: addressesOf(mailboxesOf([...(email.to ?? []), ...(email.cc ?? [])])),
    delivered: deliveredTo(email),
    names: tidy(senders.map(({ name }) => name).join(" ")),
    subject: tidy(email.subject ?? ""),
    lines: [html.lines, text.map((line) => ({ text: line, size: plainSize }))].flatMap(beginningOf),
    links: [html.links, linksIn(text)].flatMap((links) => links.slice(0, most.links)),
  };
}

const mailboxesOf = (addresses: readonly (Address | undefined)[]) =>
  addresses.flatMap((address) => (address === undefined ? [] : (address.group ?? [address])));

const addressesOf = (mailboxes: readonly { address?: string }[]) =>
  mailboxes.flatMap(({ address = "" }) => (address === "" ? [] : [address.toLowerCase()]));

/** Of servers' own headers, the one that is nearest to the sender; each server writes its own above the others. */
const deliveryHeaders = ["x-original-to", "envelope-to", "delivered-to"] as const;

function deliveredTo({ headers }: Email): string[] {
  for (const name of deliveryHeaders) {
    const first = headers.findLast(({ key }) => key === name)?.value;
    const found = (first ?? "").toLowerCase().match(/[^\s<>,;"]+@[^\s<>,;"]+/g);
    if (found !== null) return [...found];
  }
  return [];
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
