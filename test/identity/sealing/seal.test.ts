import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Failure } from "../../../src/failure.ts";
import { open, type SealedPlace, seal } from "../../../src/identity/sealing/seal.ts";

const keys = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes));
const plains = fc.uint8Array({ maxLength: 300 });
const places: fc.Arbitrary<SealedPlace> = fc.record({
  identityId: fc.uuid(),
  field: fc.constantFrom("data_key", "username_password", "authenticator", "custom", "saved_state"),
});

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof Failure) return error.code;
    throw error;
  }
  return "opened";
}

describe("a sealed record", () => {
  test("opens to what was sealed, with the same key and place", () => {
    fc.assert(
      fc.property(keys, places, plains, (key, place, plain) => {
        expect(open(key, place, seal(key, place, plain))).toEqual(Buffer.from(plain));
      }),
    );
  });

  test("does not open with any one bit flipped", () => {
    fc.assert(
      fc.property(keys, places, plains, fc.nat(), (key, place, plain, bit) => {
        const sealed = seal(key, place, plain);
        const at = bit % (sealed.length * 8);
        const byte = at >> 3;
        sealed.writeUInt8(sealed.readUInt8(byte) ^ (1 << (at & 7)), byte);
        expect(codeOf(() => open(key, place, sealed))).toBe("key_unavailable");
      }),
      { numRuns: 1_000 },
    );
  });

  test("does not open cut short or lengthened", () => {
    fc.assert(
      fc.property(keys, places, plains, fc.nat(), (key, place, plain, cut) => {
        const sealed = seal(key, place, plain);
        expect(codeOf(() => open(key, place, sealed.subarray(0, cut % sealed.length)))).toBe(
          "key_unavailable",
        );
        expect(codeOf(() => open(key, place, Buffer.concat([sealed, Buffer.of(0)])))).toBe("key_unavailable");
      }),
    );
  });

  test("does not open in another identity's place, or another field's", () => {
    fc.assert(
      fc.property(keys, places, places, plains, (key, place, elsewhere, plain) => {
        fc.pre(place.identityId !== elsewhere.identityId || place.field !== elsewhere.field);
        expect(codeOf(() => open(key, elsewhere, seal(key, place, plain)))).toBe("key_unavailable");
      }),
    );
  });

  test("does not open with another key", () => {
    fc.assert(
      fc.property(keys, keys, places, plains, (key, other, place, plain) => {
        fc.pre(!key.equals(other));
        expect(codeOf(() => open(other, place, seal(key, place, plain)))).toBe("key_unavailable");
      }),
    );
  });

  test("is never the same twice, and holds nothing in the clear", () => {
    const key = randomBytes(32);
    const place: SealedPlace = { identityId: "a", field: "custom" };
    const plain = Buffer.from("correct horse battery staple");
    const all = Array.from({ length: 500 }, () => seal(key, place, plain));
    expect(new Set(all.map((sealed) => sealed.subarray(1, 13).toString("hex"))).size).toBe(500);
    expect(all.some((sealed) => sealed.includes("correct"))).toBe(false);
  });
});
