import type { CheckedDocument } from "./check-document.ts";
import { type Extension, extensionKeyword } from "./extension.ts";
import { isJsonObject, type JsonObject, pointerStep } from "./json.ts";
import { pointerOf, type Schema, subschemasOf } from "./keywords.ts";
import { patternOf } from "./pattern.ts";

/** A trait's value, and what the schema says it is for. */
export interface Marked {
  value: string | number;
  extension: Extension;
}

/** Where a document's marks are. */
export interface Marks {
  /** The places from which a marked schema can be reached: the others need no look. */
  leading: ReadonlySet<string>;
  /** The places whose schemas decide which marks count. */
  deciding: ReadonlySet<string>;
}

/** The keywords whose schemas decide, and those whose marks they decide about. */
const decidedBy: Readonly<Record<string, readonly string[]>> = {
  anyOf: ["anyOf"],
  oneOf: ["oneOf"],
  if: ["if", "then", "else"],
  contains: ["contains"],
};

export function marksOf(checked: CheckedDocument): Marks {
  const leading = leadingToMarks(checked);
  const places = [...leading].flatMap((place) =>
    deciding(place, checked.schemas.get(place) ?? false, leading),
  );
  return { leading, deciding: new Set(places) };
}

export interface Finder {
  /** The marked values of a document that the schema allows, in the order the schema describes them. */
  find: (document: JsonObject) => Marked[];
}

/**
 * Finds the values whose schema carries the extension keyword. A schema counts where it applied: of `anyOf` the first
 * branch the value fits, of `oneOf` the one, of `if` what it led to, of `not` nothing.
 *
 * @param isValid whether a value fits the schema of a place, which is one of those that decide
 */
export function createFinder(
  { schemas, targetOf, draft }: CheckedDocument,
  marks: Marks,
  isValid: (place: string, value: unknown) => boolean,
): Finder {
  function walk(place: string, value: unknown, found: Marked[]): void {
    const schema = schemas.get(place);
    if (schema === undefined || typeof schema === "boolean" || !marks.leading.has(place)) {
      return;
    }
    const target = targetOf(schema);
    if (target !== undefined) {
      walk(target, value, found);
      if (draft === "draft-07") {
        return;
      }
    }
    const extension = schema[extensionKeyword];
    if (extension !== undefined && (typeof value === "string" || typeof value === "number")) {
      found.push({ value, extension: extension as Extension });
    }
    for (const [next, inner] of applied(place, schema, value)) {
      walk(next, inner, found);
    }
  }

  /** The subschemas that looked at a value or a part of it, each with what it looked at. */
  function applied(place: string, schema: JsonObject, value: unknown): [string, unknown][] {
    const branches = branchesOf(place, schema, value);
    if (Array.isArray(value)) {
      return [...branches, ...itemsOf(place, schema, value)];
    }
    return isJsonObject(value) ? [...branches, ...propertiesOf(place, schema, value)] : branches;
  }

  function branchesOf(place: string, schema: JsonObject, value: unknown): [string, unknown][] {
    const places = (keyword: string): string[] =>
      (Array.isArray(schema[keyword]) ? schema[keyword] : []).map(
        (_, index) => `${place}/${keyword}/${index}`,
      );
    const firstFitting = (keyword: string): string[] => {
      const first = places(keyword).find((next) => marks.deciding.has(next) && isValid(next, value));
      return first === undefined ? [] : [first];
    };
    const found = [...places("allOf"), ...firstFitting("anyOf"), ...firstFitting("oneOf")];
    if (marks.deciding.has(`${place}/if`)) {
      found.push(...(isValid(`${place}/if`, value) ? [`${place}/if`, `${place}/then`] : [`${place}/else`]));
    }
    if (isJsonObject(value)) {
      for (const keyword of ["dependencies", "dependentSchemas"]) {
        const names = isJsonObject(schema[keyword]) ? Object.keys(schema[keyword]) : [];
        found.push(
          ...names
            .filter((name) => Object.hasOwn(value, name))
            .map((name) => `${place}/${keyword}/${pointerStep(name)}`),
        );
      }
    }
    return found.map((next) => [next, value]);
  }

  function itemsOf(place: string, schema: JsonObject, items: readonly unknown[]): [string, unknown][] {
    const tuple = ["prefixItems", "items"].find((keyword) => Array.isArray(schema[keyword]));
    const head = tuple === undefined ? 0 : (schema[tuple] as unknown[]).length;
    const rest = tuple === "items" ? "additionalItems" : "items";
    const ofItems = items.map((item, index): [string, unknown] =>
      index < head ? [`${place}/${tuple}/${index}`, item] : [`${place}/${rest}`, item],
    );
    const contained = marks.deciding.has(`${place}/contains`)
      ? items.filter((item) => isValid(`${place}/contains`, item))
      : [];
    return [...ofItems, ...contained.map((item): [string, unknown] => [`${place}/contains`, item])];
  }

  return {
    find(document) {
      const found: Marked[] = [];
      walk("#", document, found);
      return found;
    },
  };
}

function propertiesOf(place: string, schema: JsonObject, value: JsonObject): [string, unknown][] {
  const named = isJsonObject(schema["properties"]) ? Object.keys(schema["properties"]) : [];
  const patterns = isJsonObject(schema["patternProperties"]) ? Object.keys(schema["patternProperties"]) : [];
  const found = named
    .filter((name) => Object.hasOwn(value, name))
    .map((name): [string, unknown] => [`${place}/properties/${pointerStep(name)}`, value[name]]);
  const others = new Set(Object.keys(value)).difference(new Set(named));
  for (const pattern of patterns) {
    const expression = patternOf(pattern);
    for (const name of Object.keys(value).filter((candidate) => expression.test(candidate))) {
      found.push([`${place}/patternProperties/${pointerStep(pattern)}`, value[name]]);
      others.delete(name);
    }
  }
  return [
    ...found,
    ...[...others].map((name): [string, unknown] => [`${place}/additionalProperties`, value[name]]),
  ];
}

/** Of the schemas in one: those whose fit decides which mark counts. */
function deciding(place: string, schema: Schema, leading: ReadonlySet<string>): string[] {
  const byKeyword = Map.groupBy(subschemasOf(schema), ({ keyword }) => keyword);
  const placesOf = (keyword: string) => (byKeyword.get(keyword) ?? []).map((one) => pointerOf(place, one));
  return Object.entries(decidedBy).flatMap(([keyword, decided]) =>
    decided.flatMap(placesOf).some((one) => leading.has(one)) ? placesOf(keyword) : [],
  );
}

function leadingToMarks({ schemas, targetOf }: CheckedDocument): Set<string> {
  const before = new Map<string, string[]>();
  for (const [place, schema] of schemas) {
    const target = targetOf(schema);
    const next = subschemasOf(schema).map((subschema) => pointerOf(place, subschema));
    for (const there of target === undefined ? next : [...next, target]) {
      before.set(there, [...(before.get(there) ?? []), place]);
    }
  }
  const leading = new Set([...schemas].filter(([, schema]) => isMarked(schema)).map(([place]) => place));
  for (const place of leading) {
    for (const previous of before.get(place) ?? []) {
      leading.add(previous);
    }
  }
  return leading;
}

function isMarked(schema: Schema): boolean {
  return typeof schema !== "boolean" && schema[extensionKeyword] !== undefined;
}
