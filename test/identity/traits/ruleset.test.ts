import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { compileTraitsSchema } from "../../../src/identity/traits/compile-schema.ts";
import type { JsonObject } from "../../../src/identity/traits/json.ts";
import {
  builtInSchema,
  type Factor,
  presets,
  rulesetOfSchema,
  schemaOfRuleset,
} from "../../../src/identity/traits/ruleset.ts";

const always = [
  { name: "password", type: "password", identifier: false, persistent: true },
  { name: "totp", type: "totp", identifier: false, persistent: true },
  { name: "magic_code", type: "magic_code", identifier: false, persistent: false },
];

describe("the ruleset of a schema", () => {
  test("has a factor for each trait that identifies, and what needs no trait", () => {
    expect(rulesetOfSchema(presets["preset://username"])).toEqual([
      { name: "username", type: "username", identifier: true, persistent: true },
      ...always,
    ]);
    expect(rulesetOfSchema(builtInSchema)).toEqual([
      { name: "email", type: "email", identifier: true, persistent: true },
      { name: "username", type: "username", identifier: true, persistent: true },
      ...always,
    ]);
  });

  test("has an e-mail trait that is only verified as one that does not identify, and no other trait", () => {
    const document = {
      properties: {
        traits: {
          properties: {
            contact: { type: "string", format: "email", "ory.sh/kratos": { verification: { via: "email" } } },
            phone: { type: "string", format: "tel", "ory.sh/kratos": { verification: { via: "sms" } } },
            shoeSize: { type: "number" },
          },
        },
      },
    };
    expect(rulesetOfSchema(document)).toEqual([
      { name: "contact", type: "email", identifier: false, persistent: true },
      ...always,
    ]);
  });
});

/** A document of these traits, and definitions. */
const ofTraits = (properties: JsonObject, rest: JsonObject = {}): JsonObject => ({
  ...rest,
  properties: { traits: { properties } },
});
const identifier = {
  type: "string",
  format: "email",
  "ory.sh/kratos": { credentials: { password: { identifier: true } } },
};

describe("a trait of a schema", () => {
  test.each([
    ["#/definitions/e%2Dmail", undefined],
    ["#/definitions/e-mail", undefined],
    ["https://larch.example/person#/definitions/e-mail", "https://larch.example/person"],
  ])("is a factor where it is described at %s, as it is an identifier there", (ref, id) => {
    const document = ofTraits(
      { mail: { $ref: ref } },
      { ...(id === undefined ? {} : { $id: id }), definitions: { "e-mail": identifier } },
    );
    expect(compileTraitsSchema(document).extract({ mail: "a@larch.example" }).loginName).toBe(
      "a@larch.example",
    );
    expect(rulesetOfSchema(document)).toEqual([
      { name: "mail", type: "email", identifier: true, persistent: true },
      ...always,
    ]);
  });

  test("is no factor where its name is that of one that needs no trait", () => {
    expect(rulesetOfSchema(ofTraits({ password: identifier, totp: identifier, mail: identifier }))).toEqual([
      { name: "mail", type: "email", identifier: true, persistent: true },
      ...always,
    ]);
  });
});

describe("the schema of a ruleset", () => {
  const factors = fc.uniqueArray(
    fc.record<Factor>({
      name: fc.string({ minLength: 1 }).filter((name) => name !== "__proto__"),
      type: fc.constantFrom("email", "username", "password", "totp", "magic_code", "oidc"),
      identifier: fc.boolean(),
      persistent: fc.boolean(),
    }),
    { selector: ({ name }) => name, maxLength: 6 },
  );

  test("keeps every factor that identifies by a trait", () => {
    fc.assert(
      fc.property(factors, (given) => {
        const identifying = (ruleset: Factor[]): string[] =>
          ruleset
            .filter(({ identifier, type }) => identifier && (type === "email" || type === "username"))
            .map(({ name, type }) => `${type} ${name}`)
            .toSorted();
        expect(identifying(rulesetOfSchema(schemaOfRuleset(given)))).toEqual(identifying(given));
      }),
    );
  });

  test("can be compiled, whatever the factors' names", () => {
    fc.assert(
      fc.property(factors, (given) => {
        expect(compileTraitsSchema(schemaOfRuleset(given)).faultsOf({})).toBeNull();
      }),
      { numRuns: 20 },
    );
  });

  test("finds nothing that has to be unique in an e-mail address that does not identify", () => {
    const schema = compileTraitsSchema(
      schemaOfRuleset([{ name: "contact", type: "email", identifier: false, persistent: true }]),
    );
    expect(schema.faultsOf({ contact: "nobody" })).not.toBeNull();
    expect(schema.extract({ contact: "a@example.org" })).toEqual({
      identifiers: [],
      addresses: [],
      loginName: null,
    });
  });

  test("takes no e-mail address that is none, and finds identifier and addresses", () => {
    const schema = compileTraitsSchema(
      schemaOfRuleset([
        { name: "email", type: "email", identifier: true, persistent: true },
        { name: "magic_code", type: "magic_code", identifier: false, persistent: false },
      ]),
    );
    expect(schema.faultsOf({ email: "nobody" })?.faults).toEqual([
      { path: "traits.email", message: '"nobody" is not valid "email"' },
    ]);
    expect(schema.extract({ email: "A@example.org" })).toEqual({
      identifiers: [
        { kind: "password", value: "a@example.org", raw: "A@example.org" },
        { kind: "code", value: "a@example.org", raw: "A@example.org" },
      ],
      addresses: [
        { purpose: "verification", via: "email", value: "a@example.org" },
        { purpose: "recovery", via: "email", value: "a@example.org" },
      ],
      loginName: "A@example.org",
    });
  });
});
