import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeSchemaId, schemaIdsMeant } from "../../../src/http/kratos/schema-id.ts";

test.each([
  ["preset://email", "cHJlc2V0Oi8vZW1haWw"],
  ["employee", "ZW1wbG95ZWU"],
  ["default", "ZGVmYXVsdA"],
])("%s stands in its URL as %s", (id, encoded) => {
  expect(encodeSchemaId(id)).toBe(encoded);
  expect(schemaIdsMeant(encoded)).toContain(id);
  expect(schemaIdsMeant(id)).toContain(id);
});

test("every id is found by itself and by what stands in its URL", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }), (text) => {
      const id = text.toWellFormed();
      expect(schemaIdsMeant(id)[0]).toBe(id);
      expect(schemaIdsMeant(encodeSchemaId(id))).toContain(id);
    }),
  );
});
