import { Failure } from "../../../failure.ts";
import type { ListedFilter } from "../../../identity/applications/identities-of-application.ts";

type Forms = NonNullable<ListedFilter["metadata"]>;

const mostConditions = 20;
const deepest = 8;

/**
 * What a query asks of the metadata, in either of the two ways there are: `metadata={"plan":3}`, as the SDK writes it, or
 * `metadata[plan]=3` (OpenAPI's `deepObject`), where a value may be meant as text or as what JSON makes of it.
 * @throws Failure `invalid_argument`
 */
export function readMetadataFilter(query: Readonly<Record<string, unknown>>): Forms {
  const deep = Object.entries(query).flatMap(([key, value]) => {
    const path = /^metadata(?<path>(?:\[[^[\]]+\])+)$/.exec(key)?.groups?.["path"];
    return path === undefined ? [] : [{ path: path.slice(1, -1).split("]["), value }];
  });
  const whole = query["metadata"] === undefined ? [] : [[wholeObject(query["metadata"])]];
  if (deep.length > mostConditions || deep.some(({ path }) => path.length > deepest))
    throw unusable(`has more than ${mostConditions} conditions, or one that is nested too deep`);
  return [...whole, ...deep.map(({ path, value }) => formsOf(value).map((form) => nested(path, form)))];
}

function wholeObject(text: unknown): Record<string, unknown> {
  const value = typeof text === "string" ? parsed(text) : undefined;
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw unusable("is not a JSON object");
  return { ...value };
}

function formsOf(value: unknown): unknown[] {
  if (typeof value !== "string") throw unusable("names a condition twice");
  const meant = parsed(value);
  const isPlain = meant === null || typeof meant === "number" || typeof meant === "boolean";
  return isPlain ? [value, meant] : [value];
}

const nested = (path: readonly string[], value: unknown): Record<string, unknown> =>
  path.reduceRight((inner, name) => ({ [name]: inner }), value) as Record<string, unknown>;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const unusable = (fault: string) => new Failure("invalid_argument", `The metadata filter ${fault}.`);
