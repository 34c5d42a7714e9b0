import fc from "fast-check";
import { expect, test } from "vitest";
import { createFingerprints } from "../../src/http/fingerprint.ts";
import { openTestKeyring, testKey } from "../support/identities.ts";

test("a request has one fingerprint however its JSON is ordered, another for another request or another master key", async () => {
  const one = createFingerprints({ keyring: await openTestKeyring() });
  const other = createFingerprints({ keyring: await openTestKeyring() });
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (body) => {
      const reversed = Object.fromEntries(Object.entries(body).toReversed());
      expect(one.of(reversed).isSame(one.of(body).bytes)).toBe(true);
      expect(one.of({ ...body, more: 1, and: 2 }).isSame(one.of({ ...body, more: 2, and: 1 }).bytes)).toBe(
        false,
      );
      expect(other.of(body).bytes).not.toEqual(one.of(body).bytes);
    }),
  );
});

test("a request is known again under a new master key, while the one it was made with is at hand", async () => {
  const [first, second] = [testKey(), testKey()];
  const before = createFingerprints({ keyring: await openTestKeyring(first) }).of({
    password: "correct horse",
  });
  const rotated = createFingerprints({ keyring: await openTestKeyring(second, first) });
  expect(rotated.of({ password: "correct horse" }).isSame(before.bytes)).toBe(true);
  expect(rotated.of({ password: "another" }).isSame(before.bytes)).toBe(false);
  const without = createFingerprints({ keyring: await openTestKeyring(second) });
  expect(without.of({ password: "correct horse" }).isSame(before.bytes)).toBe(false);
  for (const nonsense of ["", "short", "x".repeat(100)])
    expect(rotated.of(nonsense).isSame(Buffer.from(nonsense))).toBe(false);
});
