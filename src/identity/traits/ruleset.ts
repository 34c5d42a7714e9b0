import { targetOfRef } from "./check-document.ts";
import { type Extension, extensionKeyword, extensionSchema } from "./extension.ts";
import { isJsonObject, type JsonObject, pointerSteps } from "./json.ts";

export { builtInSchema, presets } from "./presets.ts";

const mostReferences = 8;

/** What a factor can be. */
export const factorTypes = ["email", "username", "password", "totp", "magic_code", "oidc"] as const;

/** One thing a pool of identities asks for. `email` and `username` factors are the top-level traits of their names. */
export interface Factor {
  name: string;
  type: (typeof factorTypes)[number];
  /** Whether its value names one identity of the pool. */
  identifier: boolean;
  /** Whether it is kept with the identity, not asked anew each time. */
  persistent: boolean;
}

/** The identity schema that asks for what a ruleset's factors ask: a trait for each e-mail address and username. */
export function schemaOfRuleset(factors: readonly Factor[]): JsonObject {
  const hasCodes = factors.some((factor) => factor.type === "magic_code");
  const properties = factors
    .filter(isTrait)
    .map((factor): [string, JsonObject] => [factor.name, traitOf(factor, hasCodes)]);
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    type: "object",
    properties: { traits: { type: "object", properties: Object.fromEntries(properties) } },
  };
}

/** The factors of every schema's ruleset. */
const withoutTrait: readonly Factor[] = [
  { name: "password", type: "password", identifier: false, persistent: true },
  { name: "totp", type: "totp", identifier: false, persistent: true },
  { name: "magic_code", type: "magic_code", identifier: false, persistent: false },
];

/**
 * The factors an identity schema describes: each top-level text trait that identifies, each other e-mail trait that is
 * verified, then `password`, `totp` and `magic_code`, which need no trait. A factor is known by its name: a trait that
 * is called like one of these three has none.
 */
export function rulesetOfSchema(document: JsonObject): Factor[] {
  const factors = Object.entries(traitsOf(document))
    .filter(([name]) => withoutTrait.every((factor) => factor.name !== name))
    .flatMap(([name, trait]) => factorOf(name, resolved(document, trait)));
  return [...factors, ...withoutTrait.map((factor) => ({ ...factor }))];
}

function isTrait(factor: Factor): boolean {
  return factor.type === "email" || factor.type === "username";
}

function traitOf(factor: Factor, hasCodes: boolean): JsonObject {
  const isEmail = factor.type === "email";
  const credentials = {
    password: { identifier: true },
    ...(isEmail && hasCodes ? { code: { identifier: true, via: "email" } } : {}),
  };
  // Addresses are unique among an application's identities, which what does not identify need not be.
  const addresses = isEmail ? { verification: { via: "email" }, recovery: { via: "email" } } : {};
  const extension = factor.identifier ? { credentials, ...addresses } : {};
  return {
    type: "string",
    ...(isEmail ? { format: "email" } : { minLength: 1 }),
    maxLength: 320,
    title: factor.name,
    ...(Object.keys(extension).length === 0 ? {} : { [extensionKeyword]: extension }),
  };
}

function traitsOf(document: JsonObject): JsonObject {
  const traits = isJsonObject(document["properties"])
    ? resolved(document, document["properties"]["traits"])
    : undefined;
  return isJsonObject(traits) && isJsonObject(traits["properties"]) ? traits["properties"] : {};
}

/** What a schema's `$ref` leads to, if it has one and it leads somewhere in few steps. */
function resolved(document: JsonObject, schema: unknown, left = mostReferences): unknown {
  const ref = isJsonObject(schema) ? targetOfRef(document, schema["$ref"]) : undefined;
  if (ref === undefined || left === 0) {
    return schema;
  }
  let there: unknown = document;
  for (const step of pointerSteps(ref)) {
    there = typeof there === "object" && there !== null ? Reflect.get(there, step) : undefined;
  }
  return resolved(document, there, left - 1);
}

function factorOf(name: string, trait: unknown): Factor[] {
  if (!isJsonObject(trait) || ![trait["type"]].flat().includes("string")) {
    return [];
  }
  const extension: Extension = extensionSchema.safeParse(trait[extensionKeyword]).data ?? {};
  const { password, webauthn, code } = extension.credentials ?? {};
  const identifier =
    password?.identifier === true || webauthn?.identifier === true || code?.identifier === true;
  const isEmail = trait["format"] === "email" || extension.verification?.via === "email";
  if (!identifier && !(isEmail && extension.verification !== undefined)) {
    return [];
  }
  return [{ name, type: isEmail ? "email" : "username", identifier, persistent: true }];
}
