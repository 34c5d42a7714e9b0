import { expect, test } from "vitest";
import { emailAddressesOf, maskedAddress } from "../../src/identity/email-addresses.ts";
import type { Address, Identifier } from "../../src/identity/types.ts";

const knownBy = (identifiers: Identifier[], places: Pick<Address, "via" | "value">[] = []) => ({
  identifiers,
  addresses: places.map((place) => ({ ...place }) as Address),
});

test("an identity's e-mail addresses are those of its traits, the one it signs in with first", () => {
  const identity = knownBy(
    [
      { kind: "code", value: "code@example.org" },
      { kind: "oidc", value: "google:sub@example.org" },
      { kind: "password", value: "ada" },
      { kind: "password", value: "ada@example.org" },
    ],
    [
      { via: "email", value: "work@example.org" },
      { via: "email", value: "code@example.org" },
      { via: "sms", value: "+4930123456" },
    ],
  );
  const rest = ["code@example.org", "ada@example.org", "work@example.org"];
  expect(emailAddressesOf({ ...identity, loginName: "ada" })).toEqual(rest);
  expect(emailAddressesOf({ ...identity, loginName: "Ada@Example.org" })).toEqual([
    "ada@example.org",
    "code@example.org",
    "work@example.org",
  ]);
  expect(emailAddressesOf({ ...knownBy([]), loginName: null })).toEqual([]);
});

test.each([
  ["ada@example.org", "a***@example.org"],
  ["a@example.org", "***@example.org"],
  ["ätzend@bücher.example", "ä***@bücher.example"],
  ["🦊fox@example.org", "🦊***@example.org"],
])("%s is shown as %s", (address, masked) => {
  expect(maskedAddress(address)).toBe(masked);
});
