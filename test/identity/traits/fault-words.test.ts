import { describe, expect, test } from "vitest";

import { compileTraitsSchema } from "../../../src/identity/traits/compile-schema.ts";
import { presets } from "../../../src/identity/traits/ruleset.ts";

const draft2020 = "https://json-schema.org/draft/2020-12/schema";

function reasonFor(x: object, value: unknown, rest: object = {}): string | undefined {
  const document = { ...rest, properties: { traits: { properties: { x } } } };
  return compileTraitsSchema(document).faultsOf({ x: value })?.reason;
}

const long = "a".repeat(150);
const leaves: [schema: object, value: unknown, keyword: string, words: string][] = [
  [{ type: "string" }, 1, "type", "expected string, but got number"],
  [{ type: "integer" }, 1.5, "type", "expected integer, but got number"],
  [{ type: ["string", "null"] }, [], "type", "expected string or null, but got array"],
  [{ type: "object" }, null, "type", "expected object, but got null"],
  [{ type: "array" }, true, "type", "expected array, but got boolean"],
  [{ const: "a" }, "b", "const", 'value must be "a"'],
  [{ const: 5 }, 6, "const", 'value must be "5"'],
  [{ const: null }, 6, "const", "value must be <nil>"],
  [{ const: {} }, 6, "const", "const failed"],
  [{ enum: ["a"] }, "b", "enum", 'value must be "a"'],
  [{ enum: ["a", 2, true, null] }, "b", "enum", 'value must be one of "a", "2", true, <nil>'],
  [{ enum: [{}, []] }, "b", "enum", "enum failed"],
  [{ format: "email" }, "nobody", "format", '"nobody" is not valid "email"'],
  [{ format: "email" }, long, "format", `"${"a".repeat(100)}..." is not valid "email"`],
  [{ format: "tel" }, "12", "format", '"12" is not valid "tel"'],
  [{ format: "date-time" }, "now", "format", '"now" is not valid "date-time"'],
  [{ pattern: '^"a' }, "b", "pattern", 'does not match pattern "^\\"a"'],
  [{ minLength: 3 }, "a", "minLength", "length must be >= 3, but got 1"],
  [{ maxLength: 1 }, "😀😀", "maxLength", "length must be <= 1, but got 2"],
  [{ minimum: 3 }, 2, "minimum", "must be >= 3 but found 2"],
  [{ maximum: 3 }, 4, "maximum", "must be <= 3 but found 4"],
  [{ exclusiveMinimum: 3 }, 3, "exclusiveMinimum", "must be > 3 but found 3"],
  [{ exclusiveMaximum: 3 }, 3, "exclusiveMaximum", "must be < 3 but found 3"],
  [{ multipleOf: 2 }, 3, "multipleOf", "3 not multipleOf 2"],
  [{ minItems: 2 }, [1], "minItems", "minimum 2 items allowed, but found 1 items"],
  [{ maxItems: 1 }, [1, 2], "maxItems", "maximum 1 items allowed, but found 2 items"],
  [{ uniqueItems: true }, [1, 2, 1], "uniqueItems", "items at index 0 and 2 are equal"],
  [
    { items: [true], additionalItems: false },
    [1, 2],
    "additionalItems",
    "only 1 items are allowed, but found 2 items",
  ],
  [{ minProperties: 1 }, {}, "minProperties", "minimum 1 properties allowed, but found 0 properties"],
  [{ maxProperties: 0 }, { a: 1 }, "maxProperties", "maximum 0 properties allowed, but found 1 properties"],
  [{ required: ["a", "b"] }, {}, "required", 'missing properties: "a", "b"'],
  [
    { additionalProperties: false },
    { a: 1, b: 2 },
    "additionalProperties",
    'additionalProperties "a", "b" not allowed',
  ],
  [
    { dependencies: { a: ["c", "b"] } },
    { a: 1, c: 1 },
    "dependencies/a/1",
    'property "b" is required, if "a" property exists',
  ],
  [{ not: {} }, 1, "not", "not failed"],
  [{ oneOf: [true, false, true] }, 1, "oneOf", "valid against schemas at indexes 0 and 2"],
];

describe("a fault", () => {
  test.each(leaves)("of %j by %j is said of %s: %s", (schema, value, keyword, words) => {
    expect(reasonFor(schema, value)).toBe(
      `I[#/traits/x] S[#/properties/traits/properties/x/${keyword}] ${words}`,
    );
  });

  test("of a schema that allows nothing is said of the schema itself", () => {
    const schema = compileTraitsSchema({ properties: { traits: { properties: { x: false } } } });
    expect(schema.faultsOf({ x: 1 })?.reason).toBe(
      "I[#/traits/x] S[#/properties/traits/properties/x] always fail",
    );
  });

  test("of a wrong type hides what else is wrong with the value", () => {
    expect(reasonFor({ type: "string", enum: ["a"], not: {}, allOf: [false] }, 1)).toBe(
      "I[#/traits/x] S[#/properties/traits/properties/x/type] expected string, but got number",
    );
  });

  test("of a part says where the part is, as Go writes places", () => {
    expect(reasonFor({ additionalProperties: { items: { type: "null" } } }, { "a/b c~(ü)": [null, 1] })).toBe(
      "I[#/traits/x/a~1b%20c~0%28%C3%BC%29/1] S[#/properties/traits/properties/x/additionalProperties/items/type] " +
        "expected null, but got number",
    );
  });

  test("of a property's name is said of the property", () => {
    expect(reasonFor({ propertyNames: { pattern: "^a" } }, { b: 1 })).toBe(
      'I[#/traits/x/b] S[#/properties/traits/properties/x/propertyNames/pattern] does not match pattern "^a"',
    );
  });

  test.each([
    [{ prefixItems: [true], items: false }, [1, 2], "items", "only 1 items are allowed, but found 2 items"],
    [
      { dependentRequired: { a: ["b"] } },
      { a: 1 },
      "dependentRequired/a/0",
      'property "b" is required, if "a" property exists',
    ],
    [
      { unevaluatedProperties: false },
      { a: 1 },
      "unevaluatedProperties",
      'unevaluatedProperties "a" not allowed',
    ],
  ])("of a schema of 2020-12, %j, has words of the same kind", (schema, value, keyword, words) => {
    expect(reasonFor(schema, value, { $schema: draft2020 })).toBe(
      `I[#/traits/x] S[#/properties/traits/properties/x/${keyword}] ${words}`,
    );
  });
});

describe("faults behind faults are indented under what they explain:", () => {
  const x = "#/properties/traits/properties/x";
  const nested: [name: string, schema: object, value: unknown, lines: string[]][] = [
    [
      "several of one value",
      { minLength: 2, pattern: "b" },
      "a",
      [
        `I[#/traits/x] S[${x}] validation failed`,
        `  I[#/traits/x] S[${x}/minLength] length must be >= 2, but got 1`,
        `  I[#/traits/x] S[${x}/pattern] does not match pattern "b"`,
      ],
    ],
    [
      "allOf",
      { allOf: [true, { minLength: 2 }] },
      "a",
      [
        `I[#/traits/x] S[${x}/allOf/1] allOf failed`,
        `  I[#/traits/x] S[${x}/allOf/1/minLength] length must be >= 2, but got 1`,
      ],
    ],
    [
      "anyOf",
      { anyOf: [{ type: "null" }, { properties: { a: false } }] },
      { a: 1 },
      [
        `I[#/traits/x] S[${x}/anyOf] anyOf failed`,
        `  I[#/traits/x] S[${x}/anyOf/0/type] expected null, but got object`,
        `  I[#/traits/x/a] S[${x}/anyOf/1/properties/a] always fail`,
      ],
    ],
    [
      "oneOf",
      { oneOf: [{ type: "null" }, { type: "array" }] },
      1,
      [
        `I[#/traits/x] S[${x}/oneOf] oneOf failed`,
        `  I[#/traits/x] S[${x}/oneOf/0/type] expected null, but got number`,
        `  I[#/traits/x] S[${x}/oneOf/1/type] expected array, but got number`,
      ],
    ],
    [
      "if and then",
      JSON.parse('{ "if": true, "then": { "type": "null" } }') as object,
      1,
      [
        `I[#/traits/x] S[${x}/then] if-then failed`,
        `  I[#/traits/x] S[${x}/then/type] expected null, but got number`,
      ],
    ],
    [
      "if and else",
      { if: false, else: { type: "null" } },
      1,
      [
        `I[#/traits/x] S[${x}/else] if-else failed`,
        `  I[#/traits/x] S[${x}/else/type] expected null, but got number`,
      ],
    ],
    [
      "contains",
      { contains: { type: "null" } },
      [1, 2],
      [
        `I[#/traits/x] S[${x}/contains] contains failed`,
        `  I[#/traits/x/0] S[${x}/contains/type] expected null, but got number`,
        `  I[#/traits/x/1] S[${x}/contains/type] expected null, but got number`,
      ],
    ],
    [
      "dependencies on a schema",
      { dependencies: { a: { maxProperties: 1 } } },
      { a: 1, b: 1 },
      [
        `I[#/traits/x] S[${x}/dependencies/a/maxProperties] maximum 1 properties allowed, but found 2 properties`,
      ],
    ],
    [
      "a reference",
      { $ref: "#/definitions/a~1b" },
      { y: { y: 1 } },
      [
        `I[#/traits/x] S[${x}/$ref] doesn't validate with "#/definitions/a~1b"`,
        `  I[#/traits/x/y] S[#/definitions/a~1b/properties/y/$ref] doesn't validate with "#/definitions/a~1b"`,
        '    I[#/traits/x/y/y] S[#/definitions/a~1b/properties/y/$ref] doesn\'t validate with "#/definitions/a~1b"',
        "      I[#/traits/x/y/y] S[#/definitions/a~1b/type] expected object, but got number",
      ],
    ],
  ];

  test.each(nested)("%s", (_, schema, value, lines) => {
    const definitions = { "a/b": { type: "object", properties: { y: { $ref: "#/definitions/a~1b" } } } };
    expect(reasonFor(schema, value, { definitions })).toBe(lines.join("\n"));
  });
});

describe("the faults as a list", () => {
  test("name each trait that is missing, too many or wrong", () => {
    expect(
      compileTraitsSchema(presets["preset://email"]).faultsOf({ name: { first: 1 }, department: "x" }),
    ).toEqual({
      reason: [
        "I[#/traits] S[#/properties/traits] validation failed",
        '  I[#/traits] S[#/properties/traits/required] missing properties: "email"',
        "  I[#/traits/name/first] S[#/properties/traits/properties/name/properties/first/type] expected string, but got number",
        '  I[#/traits] S[#/properties/traits/additionalProperties] additionalProperties "department" not allowed',
      ].join("\n"),
      faults: [
        { path: "traits.email", message: 'missing properties: "email"' },
        { path: "traits.name.first", message: "expected string, but got number" },
        { path: "traits.department", message: 'additionalProperties "department" not allowed' },
      ],
    });
  });

  test("is cut where there are very many, and so is the text", () => {
    const schema = compileTraitsSchema({ properties: { traits: { items: { type: "null" } } } });
    const found = schema.faultsOf(Array.from({ length: 5_000 }, () => 1));
    expect(found?.faults).toHaveLength(50);
    expect(found?.reason.length).toBeLessThan(8_200);
    expect(found?.reason).toMatch(/\n\.\.\.$/);
  });
});
