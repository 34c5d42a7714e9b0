import { isJsonObject, type JsonObject, pointerStep } from "./json.ts";

/** Keywords that hold one subschema; `items` may hold a list of them too. */
const one = [
  "additionalItems",
  "additionalProperties",
  "contains",
  "propertyNames",
  "not",
  "if",
  "then",
  "else",
  "items",
  "unevaluatedItems",
  "unevaluatedProperties",
];
const lists = ["allOf", "anyOf", "oneOf", "items", "prefixItems"];
/** Keywords that hold subschemas by name; of `dependencies` some may be lists of names instead. */
const maps = ["properties", "patternProperties", "dependencies", "dependentSchemas", "definitions", "$defs"];

/** Those whose subschemas look at the same value as the schema they stand in. */
const inPlace = new Set([
  "allOf",
  "anyOf",
  "oneOf",
  "not",
  "if",
  "then",
  "else",
  "dependencies",
  "dependentSchemas",
]);

/** Assertions: what they hold is no schema. Title, description, default and the like assert nothing and are not here. */
export const assertions: readonly string[] = [
  "type",
  "enum",
  "const",
  "format",
  "pattern",
  "minLength",
  "maxLength",
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "multipleOf",
  "minItems",
  "maxItems",
  "uniqueItems",
  "minContains",
  "maxContains",
  "minProperties",
  "maxProperties",
  "required",
  "dependentRequired",
];

/** A schema: an object of keywords, or a yes or no to everything. */
export type Schema = JsonObject | boolean;

/** A schema inside another. */
export interface Subschema {
  keyword: string;
  /** Its name or place within the keyword, where that holds several. */
  key: string | undefined;
  schema: Schema;
  /** Whether it looks at the same value as the schema it stands in. */
  isInPlace: boolean;
}

export function isSchema(value: unknown): value is Schema {
  return typeof value === "boolean" || isJsonObject(value);
}

/** The schemas that stand directly in one, in the order they are written within each keyword. */
export function subschemasOf(schema: Schema): Subschema[] {
  if (typeof schema === "boolean") {
    return [];
  }
  const found: Subschema[] = [];
  const add = (keyword: string, key: string | undefined, value: unknown): void => {
    if (isSchema(value)) {
      found.push({ keyword, key, schema: value, isInPlace: inPlace.has(keyword) });
    }
  };
  for (const keyword of one) {
    add(keyword, undefined, schema[keyword]);
  }
  for (const keyword of lists) {
    const list = schema[keyword];
    for (const [index, value] of Array.isArray(list) ? list.entries() : []) {
      add(keyword, String(index), value);
    }
  }
  for (const keyword of maps) {
    const map = schema[keyword];
    for (const [key, value] of isJsonObject(map) ? Object.entries(map) : []) {
      add(keyword, key, value);
    }
  }
  return found;
}

/** Where a subschema stands, as a JSON pointer, given where the schema around it does. */
export function pointerOf(parent: string, { keyword, key }: Subschema): string {
  return key === undefined ? `${parent}/${keyword}` : `${parent}/${keyword}/${pointerStep(key)}`;
}
