import fc from "fast-check";
import { applyPatch as applyRfc } from "rfc6902";
import { expect, test } from "vitest";
import { applyPatch, type JsonPatch } from "../../../src/http/kratos/json-patch.ts";
import { KratosRefusal } from "../../../src/http/kratos/refusal.ts";

const identity = {
  id: "1",
  state: "active",
  traits: { email: "ada@example.org", tags: ["a", "b"], name: { first: "Ada" } },
  metadata_public: null,
  credentials: { password: { type: "password" } },
};

/** What a refused patch is refused with. */
function refusalOf(patch: JsonPatch): KratosRefusal["words"] {
  try {
    applyPatch(identity, patch);
  } catch (error) {
    if (error instanceof KratosRefusal) return error.words;
    throw error;
  }
  throw new Error("the patch was taken");
}

test("replaces, adds and removes without touching what was given", () => {
  const before = structuredClone(identity);
  const after = applyPatch(identity, [
    { op: "replace", path: "/traits/email", value: "x@example.org" },
    { op: "add", path: "/traits/tags/-", value: "c" },
    { op: "add", path: "/traits/tags/0", value: "z" },
    { op: "replace", path: "/traits/tags/1", value: "A" },
    { op: "remove", path: "/traits/tags/2" },
    { op: "remove", path: "/traits/name" },
  ]);
  expect(after["traits"]).toEqual({ email: "x@example.org", tags: ["z", "A", "c"] });
  expect(identity).toEqual(before);
});

test("does the same when it is applied again", () => {
  const patch = [
    { op: "add", path: "/traits/name", value: { first: "Ada" } },
    { op: "remove", path: "/traits/name/first" },
  ];
  expect(applyPatch(identity, patch)).toEqual(applyPatch(identity, patch));
});

test("adds what replace does not find, with what leads to it", () => {
  const after = applyPatch(identity, [
    { op: "replace", path: "/metadata_public/a/b", value: 1 },
    { op: "add", path: "/metadata_admin/list/-", value: 2 },
    { op: "replace", path: "/external_id", value: "x" },
  ]);
  expect(after).toMatchObject({
    metadata_public: { a: { b: 1 } },
    metadata_admin: { list: [2] },
    external_id: "x",
  });
});

test.each([
  "/id",
  "/ID",
  "/stateChangedAt",
  "/credentials",
  "/Credentials/oidc",
  "/credentials/OIDC/config/providers/0",
  "/credentials/saml",
])("refuses to touch %s", (path) => {
  expect(refusalOf([{ op: "replace", path, value: "x" }])).toEqual({
    message: `patch includes denied path: ${path}`,
    reason: "failed to apply JSON patch",
  });
});

test("lets other credentials be patched", () => {
  const value = { config: { hashed_password: "foo" } };
  const after = applyPatch(identity, [
    { op: "replace", path: "/credentials/password/config/hashed_password", value: "foo" },
  ]);
  expect(after["credentials"]).toMatchObject({ password: value });
});

test.each(["move", "copy", "test", "", "ADD"])("knows no operation %j", (op) => {
  expect(refusalOf([{ op, path: "/traits/email", value: 1 }]).message).toMatch(/^unsupported operation: /);
});

test.each([
  [{ op: "remove", path: "/traits/nothing" }],
  [{ op: "remove", path: "/traits/tags/9" }],
  [{ op: "replace", path: "/traits/tags/9", value: 1 }],
  [{ op: "add", path: "/traits/tags/9", value: 1 }],
  [{ op: "add", path: "/traits/tags/1e0", value: 1 }],
  [{ op: "add", path: "/traits/email/x", value: 1 }],
  [{ op: "add", path: "traits", value: 1 }],
  [{ op: "add", path: "", value: 1 }],
  [{ op: "add", path: "/__proto__/polluted", value: 1 }],
  [{ op: "add", path: "/a".repeat(100), value: 1 }],
])("refuses %o", (operation) => {
  expect(refusalOf([operation]).reason).toBe("failed to apply JSON patch");
  expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
});

test("does as RFC 6902 does where both take the patch", () => {
  const path = fc.constantFrom("/traits/email", "/traits/tags/0", "/traits/name/first", "/traits/new");
  // No body has such a name (`readJson` refuses it); the library would drop it.
  const value = fc.jsonValue().filter((one) => !JSON.stringify(one).includes('"__proto__"'));
  const operation = fc.oneof(
    fc.record({ op: fc.constantFrom("add", "remove", "replace"), path, value }),
    // Only to be added at: the library would make `-` a member of the list.
    fc.record({ op: fc.constant("add"), path: fc.constant("/traits/tags/-"), value }),
  );
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 4 }), (patch) => {
      const expected = structuredClone(identity) as object;
      const faults = applyRfc(expected, patch as Parameters<typeof applyRfc>[1]);
      if (faults.some((fault) => fault !== null)) return;
      expect(JSON.stringify(applyPatch(identity, patch))).toBe(JSON.stringify(expected));
    }),
  );
});
