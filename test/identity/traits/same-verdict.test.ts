import { Ajv } from "ajv";
import fc from "fast-check";
import { expect, test } from "vitest";

import { compileTraitsSchema } from "../../../src/identity/traits/compile-schema.ts";

const names = fc.constantFrom("a", "b", "c/d");
const scalars = fc.constantFrom<unknown>(null, true, 0, 1, 2.5, "", "a", "bb");
const values = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    scalars,
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(names, tie("value"), { maxKeys: 3, noNullPrototype: true }),
  ),
})).value;
const types = fc.constantFrom("null", "boolean", "object", "array", "number", "integer", "string");

/** Any of the keywords of draft-07, a reference to a schema of the document included. */
const schemas = fc.letrec((tie) => {
  const schema = tie("schema");
  const list = fc.array(schema, { minLength: 1, maxLength: 3 });
  const map = fc.dictionary(names, schema, { maxKeys: 3 });
  const count = fc.nat(2);
  return {
    schema: fc.oneof(
      { maxDepth: 4, depthSize: "small" },
      fc.boolean(),
      fc.constantFrom({ $ref: "#/definitions/a" }, { $ref: "#/definitions/c~1d" }),
      fc.record(
        {
          type: fc.oneof(types, fc.uniqueArray(types, { minLength: 1, maxLength: 3 })),
          enum: fc.uniqueArray(scalars, { minLength: 1, maxLength: 3 }),
          const: scalars,
          minLength: count,
          maxLength: count,
          pattern: fc.constantFrom("^a", "b"),
          minimum: count,
          exclusiveMaximum: count,
          multipleOf: fc.constantFrom(1, 2),
          minItems: count,
          maxItems: count,
          uniqueItems: fc.boolean(),
          items: fc.oneof(schema, list),
          additionalItems: schema,
          contains: schema,
          minProperties: count,
          maxProperties: count,
          required: fc.uniqueArray(names, { maxLength: 2 }),
          properties: map,
          patternProperties: fc.dictionary(fc.constantFrom("a", "^b"), schema),
          additionalProperties: schema,
          propertyNames: schema,
          dependencies: fc.dictionary(names, fc.oneof(schema, fc.uniqueArray(names))),
          allOf: list,
          anyOf: list,
          oneOf: list,
          not: schema,
        },
        { requiredKeys: [] },
      ),
      fc.tuple(schema, schema, schema).map(([condition, yes, no]) => conditional(condition, yes, no)),
    ),
  };
}).schema;

function conditional(condition: unknown, yes: unknown, no: unknown): object {
  const [first, second, third] = [condition, yes, no].map((schema) => JSON.stringify(schema));
  return JSON.parse(`{"if":${first},"then":${second},"else":${third}}`) as object;
}

test("a value is refused where JSON Schema's own compiler refuses it, with a reason, and nowhere else", () => {
  const documents = fc.record({ x: schemas, a: schemas, other: schemas });
  let refused = 0;
  let taken = 0;
  fc.assert(
    fc.property(documents, fc.array(values, { minLength: 4, maxLength: 4 }), ({ x, a, other }, xs) => {
      const document = {
        properties: { traits: { type: "object", properties: { x } } },
        definitions: { a, "c/d": { properties: { a: other } } },
      };
      let schema: ReturnType<typeof compileTraitsSchema>;
      try {
        schema = compileTraitsSchema(document);
      } catch {
        // Some refer to themselves in a circle.
        return;
      }
      const plain = new Ajv({ strict: false, ownProperties: true, logger: false }).compile(document);
      for (const value of xs) {
        const isValid = plain({ traits: { x: value } });
        const found = schema.faultsOf({ x: value });
        expect({ value, isValid }).toEqual({ value, isValid: found === null });
        expect(found === null || /^I\[#\/traits\/x\S*\] S\[#\S+\] \S/.test(found.reason)).toBe(true);
        expect(found?.faults.length).not.toBe(0);
        expect(found?.reason ?? "").not.toMatch(/latchkey|undefined|must (?:match|have|NOT|pass|contain) /);
        refused += isValid ? 0 : 1;
        taken += isValid ? 1 : 0;
      }
    }),
    { numRuns: 25 },
  );
  expect(Math.min(refused, taken)).toBeGreaterThan(0);
});
