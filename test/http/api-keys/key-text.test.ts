import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { makeKey, readKeyId } from "../../../src/http/api-keys/key-text.ts";
import { Secret } from "../../../src/secret.ts";

test("a key names its id, is of one shape, and prints as nothing", () => {
  for (let round = 0; round < 200; round += 1) {
    const { id, key, hash } = makeKey();
    expect(key.reveal()).toMatch(/^lk_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}$/);
    expect(readKeyId(key)).toBe(id);
    expect(hash).toEqual(createHash("sha256").update(key.reveal()).digest());
    expect(`${String(key)} ${JSON.stringify({ key })}`).not.toContain(key.reveal());
  }
});

test("a key with one character changed, left out or added is none", () => {
  const text = makeKey().key.reveal();
  fc.assert(
    fc.property(fc.nat(text.length - 1), fc.string({ unit: "grapheme", maxLength: 2 }), (at, other) => {
      const changed = `${text.slice(0, at)}${other}${text.slice(at + 1)}`;
      fc.pre(changed !== text);
      expect(readKeyId(new Secret(changed))).toBeUndefined();
    }),
  );
});

test("text that is no key is none, whatever it is", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: "binary" })), (text) => {
      expect(readKeyId(new Secret(text))).toBeUndefined();
      expect(readKeyId(new Secret(`lk_${text}`))).toBeUndefined();
    }),
  );
});
