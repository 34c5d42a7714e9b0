import fc from "fast-check";
import { expect, test } from "vitest";

import { normaliseIdentifier } from "../../../src/identity/traits/normalise.ts";

const examples: [text: string, via: "email" | "sms" | undefined, expected: string][] = [
  ["  Docs@Example.org ", "email", "docs@example.org"],
  ["ＡＬＩＣＥ", undefined, "alice"],
  ["al\u200Bi\u00ADce\uFEFF", undefined, "alice"],
  ["e\u0301lodie", undefined, "élodie"],
  ["+49 (30) 901-820", "sms", "+4930901820"],
  ["+49 30 901820", undefined, "+4930901820"],
  ["+1 2", "sms", "+1 2"],
  ["030 901820", "sms", "030 901820"],
  ["call +49 30 901820", "sms", "call +49 30 901820"],
  ["+4930901820", "email", "+4930901820"],
  ["\u200B \u200B", undefined, ""],
];

test.each(examples)("%j by %s is compared as %j", (text, via, expected) => {
  expect(normaliseIdentifier(text, via)).toBe(expected);
});

test("normalising twice gives the same as once", () => {
  const via = fc.constantFrom("email" as const, "sms" as const, undefined);
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), via, (text, how) => {
      const once = normaliseIdentifier(text, how);
      expect(normaliseIdentifier(once, how)).toBe(once);
    }),
    { numRuns: 200 },
  );
});

test("letter case and the space around do not tell identifiers apart", () => {
  fc.assert(
    fc.property(fc.emailAddress(), (address) => {
      expect(normaliseIdentifier(` ${address.toUpperCase()}\n`)).toBe(normaliseIdentifier(address));
    }),
  );
});
