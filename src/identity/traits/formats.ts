import { phoneNumber } from "./normalise.ts";

/** A part of an address before the `@`, without quotes: no space, no character that has a meaning of its own, no dot at an end or beside another. */
const plainLocalPart = /^[^\s.@"(),:;<>[\]\\\p{Cc}]+(?:\.[^\s.@"(),:;<>[\]\\\p{Cc}]+)*$/u;
const quotedLocalPart = /^"(?:[^"\\\p{Cc}]|\\[^\p{Cc}])*"$/u;
const label = /^[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?$/i;

/** Whether a text is an e-mail address, as Kratos means it: RFC 5322's, with a host name of one label or more. */
export function isEmailAddress(text: string): boolean {
  const at = text.lastIndexOf("@");
  if (at < 1 || Buffer.byteLength(text) > 254) {
    return false;
  }
  const local = text.slice(0, at);
  const labels = text
    .slice(at + 1)
    .replace(/\.$/, "")
    .split(".");
  return (
    Buffer.byteLength(local) <= 64 &&
    (plainLocalPart.test(local) || quotedLocalPart.test(local)) &&
    labels.every((part) => label.test(part))
  );
}

/** Whether a text is a phone number with its country's prefix: `+49 30 901820`. */
export function isPhoneNumber(text: string): boolean {
  return phoneNumber(text.trim()) !== undefined;
}
