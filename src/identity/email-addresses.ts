import type { Identifier, Identity } from "./types.ts";

type KnownBy = Pick<Identity, "loginName" | "identifiers" | "addresses">;

/** Kinds whose identifiers are the person's own; those of federated logins belong to another service. */
const ownKinds: ReadonlySet<Identifier["kind"]> = new Set(["password", "webauthn", "code"]);

/**
 * Where an identity can be e-mailed, as its traits have it, in lower case: first the one its site most likely writes to,
 * the one it signs in with. None where its traits name none.
 */
export function emailAddressesOf({ loginName, identifiers, addresses }: KnownBy): string[] {
  const byKind = (kind: Identifier["kind"]) => identifiers.filter((one) => one.kind === kind);
  const own = [...byKind("code"), ...identifiers.filter(({ kind }) => ownKinds.has(kind))];
  const all = [
    ...(loginName === null ? [] : [loginName]),
    ...own.map(({ value }) => value),
    ...addresses.filter(({ via }) => via === "email").map(({ value }) => value),
  ];
  return [...new Set(all.map((text) => text.trim().toLowerCase()).filter(looksLikeEmail))];
}

/** As sites show an address to somebody who is yet to prove that it is theirs: `a***@example.org`. */
export function maskedAddress(address: string): string {
  const at = address.lastIndexOf("@");
  const [first = "", ...more] = address.slice(0, at);
  return `${more.length === 0 ? "" : first}***${address.slice(at)}`;
}

const looksLikeEmail = (text: string) => /^[^\s@]+@[^\s@]+$/.test(text);
