import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { compileTraitsSchema } from "../../../src/identity/traits/compile-schema.ts";
import type { JsonObject } from "../../../src/identity/traits/json.ts";
import { normaliseIdentifier } from "../../../src/identity/traits/normalise.ts";
import { builtInSchema } from "../../../src/identity/traits/ruleset.ts";

const identifier = { "ory.sh/kratos": { credentials: { password: { identifier: true } } } };

/** What the traits of a schema identify by, once it is sure that they fit it. */
function passwordIdentifiers(traitsSchema: object, traits: JsonObject, rest: object = {}): string[] {
  const schema = compileTraitsSchema({ ...rest, properties: { traits: traitsSchema } });
  expect(schema.faultsOf(traits)).toBeNull();
  return schema.extract(traits).identifiers.map(({ value }) => value);
}

describe("a trait that identifies is found", () => {
  test("with all it is for, normalised, the trait's own text kept", () => {
    const schema = compileTraitsSchema({
      properties: {
        traits: {
          properties: {
            phone: {
              type: "string",
              format: "tel",
              "ory.sh/kratos": {
                credentials: { code: { identifier: true, via: "sms" }, passkey: { display_name: true } },
                verification: { via: "sms" },
                recovery: { via: "sms" },
              },
            },
            employee: {
              type: "number",
              "ory.sh/kratos": {
                credentials: { password: { identifier: true }, webauthn: { identifier: true } },
              },
            },
          },
        },
      },
    });
    expect(schema.extract({ phone: "+49 30 901820", employee: 17 })).toEqual({
      identifiers: [
        { kind: "code", value: "+4930901820", raw: "+49 30 901820" },
        { kind: "password", value: "17", raw: "17" },
        { kind: "webauthn", value: "17", raw: "17" },
      ],
      addresses: [
        { purpose: "verification", via: "sms", value: "+4930901820" },
        { purpose: "recovery", via: "sms", value: "+4930901820" },
      ],
      loginName: "17",
    });
    expect(schema.extract({ phone: "+49 30 901820" }).loginName).toBe("+49 30 901820");
    expect(schema.extract({})).toEqual({ identifiers: [], addresses: [], loginName: null });
  });

  test("once, however often it is written, and never where it is empty", () => {
    const schema = { properties: { mails: { items: { type: "string", ...identifier } } } };
    expect(passwordIdentifiers(schema, { mails: ["A@b.c", "a@B.c ", "\u200B", "d@e.f"] })).toEqual([
      "a@b.c",
      "d@e.f",
    ]);
  });

  test("behind a $ref, one that leads back to the schema around it included", () => {
    const definitions = { node: { properties: { id: identifier, next: { $ref: "#/definitions/node" } } } };
    const traits = { id: "a", next: { id: "b", next: { id: "c" } } };
    expect(passwordIdentifiers({ $ref: "#/definitions/node" }, traits, { definitions })).toEqual([
      "a",
      "b",
      "c",
    ]);
    const $id = "https://example.org/person.json";
    expect(
      passwordIdentifiers({ $ref: `${$id}#/definitions/node` }, { id: "a" }, { $id, definitions }),
    ).toEqual(["a"]);
  });

  test.each<[keyword: string, schema: string, traits: JsonObject, found: string[]]>([
    ["allOf", '{"allOf":[{"properties":{"a":ID}},{"properties":{"b":ID}}]}', { a: "1", b: "2" }, ["1", "2"]],
    [
      "anyOf: the branch that fits",
      '{"anyOf":[{"required":["b"],"properties":{"a":ID}},{"properties":{"b":ID}}]}',
      { a: "1" },
      [],
    ],
    [
      "anyOf: the first that fits",
      '{"anyOf":[{"properties":{"a":ID}},{"properties":{"b":ID}}]}',
      { a: "1", b: "2" },
      ["1"],
    ],
    ["oneOf", '{"properties":{"a":{"oneOf":[{"type":"object"},ID]}}}', { a: "1" }, ["1"]],
    [
      "oneOf: the one",
      '{"properties":{"a":{"oneOf":[{"type":"object"},{"type":"string","allOf":[ID]}]}}}',
      { a: "1" },
      ["1"],
    ],
    [
      "if and then",
      '{"if":{"required":["a"]},"then":{"properties":{"a":ID}},"else":{"properties":{"b":ID}}}',
      { a: "1", b: "2" },
      ["1"],
    ],
    [
      "if and else",
      '{"if":{"required":["c"]},"then":{"properties":{"a":ID}},"else":{"properties":{"b":ID}}}',
      { a: "1", b: "2" },
      ["2"],
    ],
    ["not: never", '{"not":{"required":["z"],"properties":{"a":ID}}}', { a: "1" }, []],
    ["patternProperties", '{"patternProperties":{"^x/":ID}}', { "x/1": "1", y: "2" }, ["1"]],
    [
      "additionalProperties",
      '{"properties":{"a":true},"patternProperties":{"^x":true},"additionalProperties":ID}',
      { a: "1", x: "2", y: "3" },
      ["3"],
    ],
    [
      "items of a tuple, and those after it",
      '{"properties":{"a":{"items":[true,ID],"additionalItems":ID}}}',
      { a: ["1", "2", "3"] },
      ["2", "3"],
    ],
    [
      "contains",
      '{"properties":{"a":{"contains":{"type":"string","allOf":[ID]}}}}',
      { a: [1, "2", "3"] },
      ["2", "3"],
    ],
    [
      "dependencies",
      '{"dependencies":{"a":{"properties":{"b":ID}},"c":{"properties":{"d":ID}}}}',
      { a: "1", b: "2", d: "4" },
      ["2"],
    ],
    ["names with a slash or a tilde in them", '{"properties":{"a/b~c":ID}}', { "a/b~c": "1" }, ["1"]],
    ["names every object has", '{"properties":{"constructor":ID}}', { a: "1" }, []],
  ])("by %s", (_, schema, traits, found) => {
    const traitsSchema = JSON.parse(schema.replaceAll("ID", JSON.stringify(identifier))) as object;
    expect(passwordIdentifiers(traitsSchema, traits)).toEqual(found);
  });

  test("in a schema of 2020-12, beside a $ref too", () => {
    const rest = {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      $defs: { text: { type: "string" } },
    };
    const ref = { $ref: "#/$defs/text", ...identifier };
    const schema = { properties: { a: ref, b: { prefixItems: [ref], items: ref } } };
    expect(passwordIdentifiers(schema, { a: "1", b: ["2", "3"] }, rest)).toEqual(["1", "2", "3"]);
    const old = { definitions: { text: { type: "string" } } };
    expect(
      passwordIdentifiers({ properties: { a: { ...ref, $ref: "#/definitions/text" } } }, { a: "1" }, old),
    ).toEqual([]);
  });
});

test("an address is checked even where the schema gives no format", () => {
  const via = (extension: object): unknown =>
    compileTraitsSchema({
      properties: { traits: { properties: { x: { type: "string", "ory.sh/kratos": extension } } } },
    }).faultsOf({ x: "nobody" })?.faults[0]?.message;
  expect(via({ verification: { via: "email" } })).toBe('"nobody" is not valid "email"');
  expect(via({ recovery: { via: "email" } })).toBe('"nobody" is not valid "email"');
  expect(via({ verification: { via: "sms" } })).toBe('"nobody" is not valid "tel"');
  expect(via({ credentials: { code: { identifier: true, via: "email" } } })).toBe(
    '"nobody" is not valid "email"',
  );
  expect(via({ credentials: { password: { identifier: true } } })).toBeUndefined();
});

test("what is found is normalised, whatever the traits", () => {
  const schema = compileTraitsSchema(builtInSchema);
  const traits = fc.record({
    email: fc.emailAddress(),
    username: fc.string({ unit: "binary", minLength: 1 }),
  });
  fc.assert(
    fc.property(traits, (given) => {
      fc.pre(schema.faultsOf(given) === null);
      const { identifiers } = schema.extract(given);
      expect(identifiers).toEqual(
        identifiers.map(({ kind, raw }) => ({ kind, raw, value: normaliseIdentifier(raw) })),
      );
    }),
  );
});
