import fc from "fast-check";
import { expect, test } from "vitest";
import { unwrapped } from "../../../src/http/prefactor/body.ts";
import { readMetadata, showMetadata } from "../../../src/http/prefactor/metadata.ts";

const key = fc.string().filter((text) => text !== "__proto__");

test("metadata of texts is shown and kept as it is", () => {
  fc.assert(
    fc.property(fc.dictionary(key, fc.string()), fc.dictionary(key, fc.jsonValue()), (given, present) => {
      expect(showMetadata(readMetadata(given, null))).toEqual(given);
      expect(showMetadata(readMetadata(given, present))).toEqual(given);
    }),
  );
});

test("what another API stored comes back from a client unchanged", () => {
  fc.assert(
    fc.property(fc.dictionary(key, fc.jsonValue()), (present) => {
      const shown = showMetadata(present);
      expect(Object.values(shown).every((text) => typeof text === "string")).toBe(true);
      expect(readMetadata(shown, present)).toEqual(present);
    }),
  );
  expect(showMetadata(null)).toEqual({});
  expect(readMetadata({ plan: "3", seats: "5" }, { plan: 3, seats: 4 })).toEqual({ plan: 3, seats: "5" });
});

test("a body is the same, bare and wrapped; what is neither is left as it is", () => {
  const bare = { pool_id: "x", factors: [] };
  expect(unwrapped(bare)).toEqual(bare);
  expect(unwrapped({ details: bare })).toEqual(bare);
  expect(unwrapped({ details: bare, idempotency_key: "k" })).toEqual({ ...bare, idempotency_key: "k" });
  for (const other of [null, 7, "text", [bare], { details: 7 }, { details: [bare] }])
    expect(unwrapped(other)).toEqual(other);
});
