import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { Failure } from "../../../src/failure.ts";
import { compileTraitsSchema } from "../../../src/identity/traits/compile-schema.ts";
import type { JsonObject } from "../../../src/identity/traits/json.ts";
import { builtInSchema, presets } from "../../../src/identity/traits/ruleset.ts";

/** A schema of one trait. */
const ofX = (x: unknown, rest: object = {}): JsonObject => ({
  ...rest,
  properties: { traits: { properties: { x } } },
});

/** Why a schema is refused; it must be for no reason but its own. */
function refusal(document: unknown): string {
  try {
    compileTraitsSchema(document);
  } catch (error) {
    if (!(error instanceof Failure && error.code === "invalid_argument")) {
      throw error;
    }
    return error.message;
  }
  return "taken";
}

function nested(depth: number): JsonObject {
  return depth === 0 ? {} : { properties: { a: nested(depth - 1) } };
}

/** A schema of so many marked traits, in so many alternatives in each other. */
function alternatives(traits: number, depth: number): JsonObject {
  const mark = { credentials: { password: { identifier: true } } };
  const one = { type: "string", pattern: "^[a-z]+$", "ory.sh/kratos": mark };
  let inner: JsonObject = {
    properties: Object.fromEntries(Array.from({ length: traits }, (_, index) => [`p${index}`, one])),
  };
  for (let level = 0; level < depth; level += 1) inner = { anyOf: [inner] };
  return { properties: { traits: inner } };
}

describe("a schema that cannot be used is refused, with where and why:", () => {
  test.each<[name: string, document: unknown, reason: RegExp]>([
    ["no object", [], /must be a JSON object/],
    ["nothing about traits", { type: "object" }, /in properties\.traits/],
    ["an unknown keyword's value", ofX({ type: "strin" }), /at #\/properties\/traits\/properties\/x\/type/],
    ["draft-04", ofX({}, { $schema: "http://json-schema.org/draft-04/schema#" }), /\$schema must be/],
    ["2019-09", ofX({}, { $schema: "https://json-schema.org/draft/2019-09/schema" }), /\$schema must be/],
    [
      "a tuple by the words of draft-07 in 2020-12",
      ofX({ items: [true] }, { $schema: "https://json-schema.org/draft/2020-12/schema" }),
      /\/x\/items/,
    ],
    [
      "a $ref to the network",
      ofX({ $ref: "http://169.254.169.254/schema.json" }),
      /a schema of the same document/,
    ],
    ["a $ref to a file", ofX({ $ref: "file:///etc/passwd" }), /a schema of the same document/],
    ["a $ref to nothing", ofX({ $ref: "#/definitions/none" }), /a schema of the same document/],
    [
      "a $ref to what is no schema",
      ofX({ $ref: "#/properties", examples: [{ pattern: "(" }] }),
      /a schema of the same document/,
    ],
    ["a $ref that is no pointer", ofX({ $ref: "#%E0%A4%A" }), /a schema of the same document/],
    ["a $ref to itself", ofX({ $ref: "#/properties/traits/properties/x" }), /would never be done/],
    [
      "a $ref to the schema it is part of",
      ofX({ allOf: [{ $ref: "#/properties/traits/properties/x" }] }),
      /would never be done/,
    ],
    [
      "a nested $id",
      ofX({ $id: "http://json-schema.org/draft-07/schema" }),
      /\$id at #\/properties\/traits\/properties\/x/,
    ],
    [
      "an $anchor",
      ofX({ $anchor: "a" }, { $schema: "https://json-schema.org/draft/2020-12/schema" }),
      /\$anchor/,
    ],
    [
      "an unknown key of the keyword",
      ofX({ "ory.sh/kratos": { credentials: { pasword: {} } } }),
      /ory\.sh\/kratos\.credentials.*pasword/,
    ],
    [
      "an unknown way",
      ofX({ "ory.sh/kratos": { verification: { via: "fax" } } }),
      /ory\.sh\/kratos\.verification\.via/,
    ],
    [
      "an unknown key of the keyword out of sight",
      ofX({}, { definitions: { a: { "ory.sh/kratos": 1 } } }),
      /ory\.sh\/kratos at #\/definitions\/a/,
    ],
    ["a pattern that is none", ofX({ pattern: "(" }), /no regular expression|pattern/],
    ["a pattern of POSIX classes", ofX({ pattern: "^[[:alpha:]]+$" }), /a pattern at/],
    [
      "a name's pattern that is too long",
      ofX({ patternProperties: { ["a".repeat(1_001)]: true } }),
      /longer than 1000 characters/,
    ],
    ["a pattern too large for the engine", ofX({ pattern: "(?:(?:(?:a?){999}){999}){999}" }), /a pattern at/],
    ["too deep", ofX(nested(20)), /deeper than 32/],
    ["too large", ofX({ enum: ["a".repeat(300_000)] }), /more than \d+ (?:values|characters)/],
    [
      "very many values",
      ofX({ enum: Array.from({ length: 400_000 }, () => 1) }),
      /more than \d+ (?:values|characters)/,
    ],
    [
      "very many values to choose from",
      ofX({ enum: Array.from({ length: 5_001 }, (_, index) => index) }),
      /enum at .*more than 5000 values/,
    ],
    ["very many alternatives in each other", alternatives(1_900, 12), /in each other/],
    [
      "very many schemas",
      ofX({ anyOf: Array.from({ length: 3_000 }, () => true) }),
      /more than 2000 schemas/,
    ],
    [
      "the name of an object's prototype",
      JSON.parse('{"properties":{"traits":{"properties":{"__proto__":true}}}}'),
      /__proto__/,
    ],
    [
      "unevaluatedProperties behind a $ref",
      ofX(
        { $ref: "#/$defs/a", unevaluatedProperties: false },
        { $defs: { a: true }, $schema: "https://json-schema.org/draft/2020-12/schema" },
      ),
      /unevaluatedProperties/,
    ],
  ])("%s", (_, document, reason) => {
    expect(refusal(document)).toMatch(reason);
  });

  test("and any JSON at all is taken or refused, never more", () => {
    const keywords = fc.constantFrom(
      "properties",
      "items",
      "allOf",
      "anyOf",
      "not",
      "if",
      "$ref",
      "$id",
      "type",
      "enum",
      "const",
      "pattern",
      "format",
      "required",
      "dependencies",
      "patternProperties",
      "additionalProperties",
      "ory.sh/kratos",
      "definitions",
      "$async",
    );
    const values = fc.oneof(
      fc.json().map((text) => JSON.parse(text) as unknown),
      fc.constantFrom("#", "#/properties/traits", "string", true, []),
    );
    const schema = fc.dictionary(
      keywords,
      fc.oneof(
        values,
        fc.dictionary(keywords, values),
        fc.array(fc.dictionary(keywords, values), { maxLength: 2 }),
      ),
    );
    fc.assert(
      fc.property(schema, fc.object(), (given, traits) => {
        const document = ofX(given);
        const answer = refusal(document);
        if (answer === "taken") {
          compileTraitsSchema(document).faultsOf(traits);
        }
        expect(answer).toMatch(/^taken$|^The traits schema cannot be used: [^]+\.$/);
      }),
      { numRuns: 100 },
    );
  });
});

describe("a schema from somebody unknown", () => {
  test("cannot hold up the process with a pattern", () => {
    const schema = compileTraitsSchema(ofX({ pattern: "^(a+)+$" }));
    const before = performance.now();
    expect(schema.faultsOf({ x: `${"a".repeat(60)}b` })?.faults[0]?.message).toMatch(
      /could not be checked in time/,
    );
    expect(performance.now() - before).toBeLessThan(5_000);
    expect(schema.faultsOf({ x: "aaa" })).toBeNull();
  });

  test("cannot hold it up by references that double at every step", () => {
    const definitions = Object.fromEntries(
      Array.from({ length: 26 }, (_, step) => {
        const next = { $ref: `#/definitions/d${step + 1}` };
        return [`d${step}`, { allOf: [next, next] }];
      }),
    );
    const schema = compileTraitsSchema(
      ofX({ $ref: "#/definitions/d0" }, { definitions: { ...definitions, d26: true } }),
    );
    const before = performance.now();
    expect(schema.faultsOf({ x: 1 })?.faults[0]?.message).toMatch(/could not be checked in time/);
    expect(performance.now() - before).toBeLessThan(5_000);
  });

  test("cannot hold it up by thousands of faults, each of thousands of words", () => {
    const words = Array.from({ length: 4_900 }, (_, index) => `word${index}`);
    const schema = compileTraitsSchema(ofX({ items: { enum: words } }));
    const before = performance.now();
    const found = schema.faultsOf({ x: Array.from({ length: 9_800 }, () => 1) });
    expect(performance.now() - before).toBeLessThan(2_500);
    expect(JSON.stringify(found).length).toBeLessThan(100_000);
  });

  test("cannot hold it up by thousands of alternatives to thousands of values", () => {
    const branches = Array.from({ length: 500 }, () => ({ type: "string" }));
    const schema = compileTraitsSchema(ofX({ items: { anyOf: branches } }));
    const before = performance.now();
    const found = schema.faultsOf({ x: Array.from({ length: 9_900 }, () => 1) });
    expect(performance.now() - before).toBeLessThan(2_500);
    expect(found?.faults).toEqual([
      { path: "traits", message: "could not be checked in time against the schema" },
    ]);
  });

  test("is answered in few words, however long its names", () => {
    const name = "n".repeat(30_000);
    const properties = { [name]: { items: { type: "string" } } };
    const required = Array.from({ length: 2_000 }, (_, index) => `missing${index}`);
    const schema = compileTraitsSchema({ properties: { traits: { properties, required } } });
    const found = schema.faultsOf({ [name]: Array.from({ length: 60 }, () => 1) });
    expect(found?.faults).toHaveLength(50);
    expect(JSON.stringify(found).length).toBeLessThan(100_000);
    expect(found?.faults[0]?.message).toMatch(/^missing properties: "missing0", .*"missing49", \.\.\.$/);
  });

  test("is ready when it was taken: what it finds in traits takes no second compiling", () => {
    const schema = compileTraitsSchema(alternatives(300, 12));
    const before = performance.now();
    expect(schema.extract({ p1: "x" }).loginName).toBe("x");
    const first = performance.now() - before;
    const again = performance.now();
    schema.extract({ p1: "x" });
    expect(first).toBeLessThan(100 + 20 * (performance.now() - again));
  });

  test.each(["constructor", "toString", "hasOwnProperty", "valueOf"])(
    "finds no trait %s where none was given",
    (name) => {
      const schema = compileTraitsSchema({
        properties: { traits: { required: [name], properties: { [name]: false } } },
      });
      expect(schema.faultsOf({})?.reason).toContain(`missing properties: "${name}"`);
      expect(compileTraitsSchema(ofX({ format: name })).faultsOf({ x: "a" })).toBeNull();
    },
  );

  test("is refused traits it cannot be applied to, and throws nothing", () => {
    const schema = compileTraitsSchema(ofX({ uniqueItems: true }));
    expect(schema.faultsOf({ x: [{ valueOf: 1 }, { valueOf: 1 }] })?.faults).toEqual([
      { path: "traits", message: "could not be checked against the schema" },
    ]);
  });

  test("cannot write code by a name, a pattern or a value", () => {
    const nasty = "\"]);globalThis.broken=1;//'`${globalThis.broken=1}\n\u2028*/";
    const schema = compileTraitsSchema({
      properties: {
        traits: {
          properties: { [nasty]: { const: nasty, enum: [nasty], format: nasty } },
          required: [nasty],
          dependencies: { [nasty]: [nasty] },
          patternProperties: { [`^${RegExp.escape(nasty)}$`]: { type: "string" } },
          additionalProperties: { const: nasty },
        },
      },
    });
    expect(schema.faultsOf({ [nasty]: nasty })).toBeNull();
    expect(schema.faultsOf({ other: 1 })?.faults).toHaveLength(2);
    expect("broken" in globalThis).toBe(false);
  });

  test("means nothing by keywords that only its compiler knows", () => {
    expect(
      compileTraitsSchema(ofX({ type: "string", nullable: true }, { $async: true })).faultsOf({ x: null })
        ?.reason,
    ).toContain("expected string, but got null");
    expect(
      compileTraitsSchema(ofX({ "latchkey:ref": { target: "#", text: "" }, $data: 1 })).faultsOf({ x: 1 }),
    ).toBeNull();
  });
});

describe("traits", () => {
  test("of any kind are judged, never thrown at", () => {
    const schemas = [builtInSchema, ...Object.values(presets)].map(compileTraitsSchema);
    fc.assert(
      fc.property(
        fc.oneof(fc.anything(), fc.dictionary(fc.constantFrom("email", "username", "name"), fc.anything())),
        (traits) => {
          const found = schemas.map((schema) => schema.faultsOf(traits));
          expect(found.filter((one) => one !== null && !one.reason.startsWith("I[#/traits"))).toEqual([]);
        },
      ),
    );
  });

  test.each<[name: string, traits: unknown, message: RegExp]>([
    ["too deep", JSON.parse(`${"[".repeat(100)}${"]".repeat(100)}`), /deeper than 32/],
    ["too many", { a: Array.from({ length: 20_000 }, () => 1) }, /more than 10000 values/],
    ["too long", { a: "a".repeat(70_000) }, /65536 characters/],
    ["with a character no database holds", { a: ["\0"] }, /NUL/],
    ["with half a character in a name", { "\ud800": 1 }, /surrogate/],
    ["with the name of an object's prototype", JSON.parse('{"__proto__":{"email":"a@b.c"}}'), /__proto__/],
  ])("%s are refused", (_, traits, message) => {
    const found = compileTraitsSchema(builtInSchema).faultsOf(traits);
    expect(found?.faults[0]).toEqual({ path: "traits", message: expect.stringMatching(message) as string });
  });

  test.each([
    ["a@localhost", true],
    ["o'neill+tag@Sub.Example.org", true],
    ['"a b"@example.org', true],
    ["élodie@example.org", true],
    ["a@b@c.org", false],
    [".a@example.org", false],
    ["a..b@example.org", false],
    ["a@-example.org", false],
    ["Alice <a@example.org>", false],
    [`${"a".repeat(65)}@example.org`, false],
    ["a@example.org\n", false],
  ])("the e-mail address %j: %j", (email, isTaken) => {
    expect(compileTraitsSchema(builtInSchema).faultsOf({ email }) === null).toBe(isTaken);
  });

  test.each([
    ["(?i)^a+$", "AA"],
    ["^[\\w-.]+\\@x$", "a-b@x"],
    ["^\\p{L}+$", "é"],
  ])("are held to the pattern %s as Kratos reads it", (pattern, text) => {
    const schema = compileTraitsSchema(ofX({ pattern }));
    expect(schema.faultsOf({ x: text })).toBeNull();
    expect(schema.faultsOf({ x: "1!" })?.reason).toContain("does not match pattern");
  });

  test("may be multiples of what no float is a multiple of", () => {
    const schema = compileTraitsSchema(ofX({ multipleOf: 0.01 }));
    expect(schema.faultsOf({ x: 19.99 })).toBeNull();
    expect(schema.faultsOf({ x: 19.995 })?.faults).toHaveLength(1);
  });
});

test("the schema is given back as it was, and is not changed by its use", () => {
  const document = structuredClone(presets["preset://email"]);
  const schema = compileTraitsSchema(document);
  schema.faultsOf({});
  expect(schema.document).toEqual(presets["preset://email"]);
});
