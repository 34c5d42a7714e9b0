import type { Fault } from "./validators.ts";

/** How much of a value a message repeats, in characters. */
const mostOfValue = 100;
/** How many values or names a message lists. */
const mostListed = 50;

type Params = Record<string, unknown>;

/**
 * What is said of each keyword's fault, in the words of the validator Kratos is built with, so that programs that read
 * them read ours too. A keyword that is not here is said in the compiler's words.
 */
const words: Readonly<Record<string, (fault: Fault, params: Params) => string>> = {
  type: ({ data }, { type }) =>
    `expected ${Array.isArray(type) ? type.join(" or ") : shown(type)}, but got ${typeName(data)}`,
  const: (_, { allowedValue }) =>
    isPrimitive(allowedValue) ? `value must be ${literal(allowedValue)}` : "const failed",
  enum: (_, { allowedValues }) => ofEnum(Array.isArray(allowedValues) ? allowedValues : []),
  format: ({ data }, { format }) => `${quoted(shown(data))} is not valid ${quoted(shown(format))}`,
  pattern: (_, { pattern }) => `does not match pattern ${quoted(shown(pattern))}`,
  minLength: ({ data }, { limit }) => `length must be >= ${shown(limit)}, but got ${lengthOf(data)}`,
  maxLength: ({ data }, { limit }) => `length must be <= ${shown(limit)}, but got ${lengthOf(data)}`,
  minimum: ({ data }, { limit }) => `must be >= ${shown(limit)} but found ${shown(data)}`,
  maximum: ({ data }, { limit }) => `must be <= ${shown(limit)} but found ${shown(data)}`,
  exclusiveMinimum: ({ data }, { limit }) => `must be > ${shown(limit)} but found ${shown(data)}`,
  exclusiveMaximum: ({ data }, { limit }) => `must be < ${shown(limit)} but found ${shown(data)}`,
  multipleOf: ({ data }, { multipleOf }) => `${shown(data)} not multipleOf ${shown(multipleOf)}`,
  minItems: ({ data }, { limit }) =>
    `minimum ${shown(limit)} items allowed, but found ${countOf(data)} items`,
  maxItems: ({ data }, { limit }) =>
    `maximum ${shown(limit)} items allowed, but found ${countOf(data)} items`,
  minProperties: ({ data }, { limit }) =>
    `minimum ${shown(limit)} properties allowed, but found ${countOf(data)} properties`,
  maxProperties: ({ data }, { limit }) =>
    `maximum ${shown(limit)} properties allowed, but found ${countOf(data)} properties`,
  uniqueItems: (_, { i, j }) =>
    `items at index ${Math.min(Number(i), Number(j))} and ${Math.max(Number(i), Number(j))} are equal`,
  additionalItems: ({ data }, { limit }) =>
    `only ${shown(limit)} items are allowed, but found ${countOf(data)} items`,
  items: ({ data }, { limit }) => `only ${shown(limit)} items are allowed, but found ${countOf(data)} items`,
  dependencies: (_, { missingProperty, property }) => ofDependency(missingProperty, property),
  dependentRequired: (_, { missingProperty, property }) => ofDependency(missingProperty, property),
  not: () => "not failed",
  anyOf: () => "anyOf failed",
  oneOf: (_, { passingSchemas }) =>
    Array.isArray(passingSchemas)
      ? `valid against schemas at indexes ${passingSchemas.slice(0, 2).map(shown).join(" and ")}`
      : "oneOf failed",
  contains: () => "contains failed",
  "false schema": () => "always fail",
};

/** One fault in words. */
export function messageOf(fault: Fault): string {
  const message = Object.hasOwn(words, fault.keyword)
    ? words[fault.keyword]?.(fault, fault.params)
    : undefined;
  return message ?? fault.message ?? "is not valid";
}

/** A text between quotes, as Go quotes it. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > mostOfValue ? `${text.slice(0, mostOfValue)}...` : text);
}

/** Several in a row: so many that somebody could read them. */
export function listed<Item>(items: readonly Item[], textOf: (item: Item) => string): string {
  const shown = items.slice(0, mostListed).map(textOf);
  return [...shown, ...(items.length > mostListed ? ["..."] : [])].join(", ");
}

function ofDependency(missing: unknown, property: unknown): string {
  return `property ${quoted(shown(missing))} is required, if ${quoted(shown(property))} property exists`;
}

function ofEnum(allowed: readonly unknown[]): string {
  if (!allowed.every(isPrimitive)) {
    return "enum failed";
  }
  return `value must be ${allowed.length === 1 ? "" : "one of "}${listed(allowed, literal)}`;
}

function isPrimitive(value: unknown): boolean {
  return typeof value !== "object" || value === null;
}

/** Numbers between quotes too: Go keeps those of JSON as text. */
function literal(value: unknown): string {
  return value === null ? "<nil>" : typeof value === "boolean" ? String(value) : quoted(shown(value));
}

function typeName(value: unknown): string {
  return value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
}

function lengthOf(value: unknown): number {
  // Of code points, as JSON Schema counts.
  return Array.from(shown(value)).length;
}

function countOf(value: unknown): number {
  return Object.keys(Object(value) as object).length;
}

/** A value as text: a text as it is, anything else as JSON. */
function shown(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}
