import fc from "fast-check";
import { expect, test } from "vitest";
import { createFingerprints } from "../../src/http/fingerprint.ts";
import { openTestKeyring } from "../support/identities.ts";

test("a request has one fingerprint however its JSON is ordered, another for another request or another master key", async () => {
  const one = createFingerprints({ keyring: await openTestKeyring() });
  const other = createFingerprints({ keyring: await openTestKeyring() });
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (body) => {
      const reversed = Object.fromEntries(Object.entries(body).toReversed());
      expect(one.of(reversed)).toEqual(one.of(body));
      expect(one.of({ ...body, more: 1, and: 2 })).not.toEqual(one.of({ ...body, more: 2, and: 1 }));
      expect(other.of(body)).not.toEqual(one.of(body));
    }),
  );
});
