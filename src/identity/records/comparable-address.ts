import { domainToASCII, domainToUnicode } from "node:url";
import { normaliseIdentifier } from "../traits/normalise.ts";

/** An e-mail address as it is compared: like an identifier, its domain as the DNS has it (`xn--…`, RFC 5891). */
export const comparableAddress = (address: string): string => withDomain(address, domainToASCII);

/** The ways a comparable address may be kept: traits hold the domain as it was written. */
export const spellingsOf = (address: string): string[] => [
  ...new Set([address, withDomain(address, domainToUnicode)]),
];

function withDomain(address: string, convert: (domain: string) => string): string {
  const text = normaliseIdentifier(address, "email");
  const at = text.lastIndexOf("@") + 1;
  // What is no domain is converted to nothing.
  return text.slice(0, at) + (convert(text.slice(at)) || text.slice(at));
}
