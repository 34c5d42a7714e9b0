import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createSessionTokens, sessionScopes } from "../../src/session/tokens.ts";

const keyring = {
  derive: (purpose: string, keyId = "00112233445f") =>
    keyId === "00112233445f" ? { keyId, key: Buffer.from(purpose.padEnd(32)) } : undefined,
};
const tokens = createSessionTokens({ keyring });
const grant = { id: "one", project: "default", scope: "view" as const, lifeMs: 60_000 };

test("a token is good for its own session, with the scope it was made with", () => {
  fc.assert(
    fc.property(
      fc.uuid(),
      fc.uuid(),
      fc.string({ maxLength: 50 }),
      fc.constantFrom(...sessionScopes),
      (id, other, project, scope) => {
        fc.pre(id !== other);
        const token = tokens.make({ id, project, scope, lifeMs: 60_000 }).reveal();
        expect(token).toMatch(/^[A-Za-z0-9_-]+$/);
        expect(tokens.check(token, id)).toEqual({ project, scope });
        expect(tokens.check(token, id)).toEqual({ project, scope });
        expect(tokens.check(token, other)).toBeUndefined();
      },
    ),
  );
});

test("a token with any byte changed is refused, and so is whatever else is given", () => {
  const token = tokens.make(grant).reveal();
  const bytes = Buffer.from(token.slice(4), "base64url");
  for (let at = 0; at < bytes.length; at += 1) {
    const forged = Buffer.from(bytes);
    forged.writeUInt8(forged.readUInt8(at) ^ 1, at);
    expect(tokens.check(`lks_${forged.toString("base64url")}`, "one"), `byte ${at}`).toBeUndefined();
  }
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(tokens.check(text, "one")).toBeUndefined();
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (other) => {
      const text = `lks_${Buffer.from(other).toString("base64url")}`;
      expect(tokens.check(text, "one")).toBeUndefined();
    }),
  );
});

test("a token lapses", () => {
  expect(tokens.check(tokens.make({ ...grant, lifeMs: -1_000 }).reveal(), "one")).toBeUndefined();
});

test("a token made for once is good for once", () => {
  const token = tokens.make({ ...grant, once: true }).reveal();
  expect(tokens.check(token, "two")).toBeUndefined();
  expect(tokens.peek(token, "one")).toEqual({ project: "default", scope: "view" });
  expect(tokens.check(token, "one")).toEqual({ project: "default", scope: "view" });
  expect(tokens.check(token, "one")).toBeUndefined();
  expect(tokens.peek(token, "one")).toBeUndefined();
});

test("a token of another master key is refused", () => {
  const other = createSessionTokens({
    keyring: { derive: (_, keyId = "00112233445f") => ({ keyId, key: randomBytes(32) }) },
  });
  expect(tokens.check(other.make(grant).reveal(), "one")).toBeUndefined();
});
