import { Failure } from "../../failure.ts";
import { extensionKeyword, extensionSchema } from "./extension.ts";
import { isJsonObject, type JsonObject, pointerStep, pointerSteps } from "./json.ts";
import { isSchema, pointerOf, type Schema, subschemasOf } from "./keywords.ts";
import { patternOf } from "./pattern.ts";
import { unfit } from "./unfit.ts";

const limits = { depth: 32, values: 20_000, characters: 256 * 1024 };
const mostSchemas = 2_000;
/** Places are made of names, which may be long. */
const mostOfReason = 500;
const mostPatternLength = 1_000;
/** Each is compared with each other. */
const mostOfEnum = 5_000;

/** Keywords that give a schema a name other than its place, or leave the document. */
const namings = [
  "$id",
  "id",
  "$anchor",
  "$dynamicAnchor",
  "$dynamicRef",
  "$recursiveAnchor",
  "$recursiveRef",
];

/** Which of the two versions of JSON Schema a document is written in. */
export type Draft = "draft-07" | "2020-12";

/** The name of a version of JSON Schema in what `$schema` says. */
const versionName = /^https?:\/\/json-schema\.org\/(.+?)#?$/;
/** Draft-06 means the same in draft-07. */
const versions: ReadonlyMap<string, Draft> = new Map([
  ["schema", "draft-07"],
  ["draft-06/schema", "draft-07"],
  ["draft-07/schema", "draft-07"],
  ["draft/2020-12/schema", "2020-12"],
]);

/** A document fit to be compiled: each schema in it by its place. */
export interface CheckedDocument {
  document: JsonObject;
  draft: Draft;
  /** Every schema of the document, by its JSON pointer from `#`, the outer before the inner. */
  schemas: ReadonlyMap<string, Schema>;
  /** Where a schema's `$ref` leads, as a key of `schemas`. */
  targetOf: (schema: Schema) => string | undefined;
}

/** @throws Failure `invalid_argument` with what is wrong and where: see compileTraitsSchema */
export function checkDocument(value: unknown): CheckedDocument {
  if (!isJsonObject(value)) {
    throw unusable("it must be a JSON object");
  }
  const fault = unfit(value, limits);
  if (fault !== undefined) {
    throw unusable(`it ${fault}`);
  }
  const draft = draftOf(value["$schema"]);
  const traits = isJsonObject(value["properties"]) ? value["properties"]["traits"] : undefined;
  if (!isSchema(traits)) {
    throw unusable("it must describe the traits in properties.traits");
  }
  const schemas = schemasIn(value);
  const targetOf = targetsIn(value, schemas);
  for (const [place, schema] of schemas) {
    if (typeof schema !== "boolean") {
      checkSchema(place, schema);
    }
  }
  refuseLoops(schemas, targetOf);
  refuseUnevaluated(schemas, targetOf);
  return { document: value, draft, schemas, targetOf };
}

/** The failure of a schema that cannot be used. */
export function unusable(reason: string): Failure {
  return new Failure(
    "invalid_argument",
    `The traits schema cannot be used: ${reason.slice(0, mostOfReason)}.`,
  );
}

function draftOf(schema: unknown): Draft {
  const name = typeof schema === "string" ? versionName.exec(schema)?.[1] : undefined;
  const draft = schema === undefined ? "draft-07" : versions.get(name ?? "");
  if (draft === undefined) {
    throw unusable(
      "$schema must be http://json-schema.org/draft-07/schema# or https://json-schema.org/draft/2020-12/schema",
    );
  }
  return draft;
}

function schemasIn(document: JsonObject): Map<string, Schema> {
  const schemas = new Map<string, Schema>([["#", document]]);
  for (const [place, schema] of schemas) {
    for (const subschema of subschemasOf(schema)) {
      schemas.set(pointerOf(place, subschema), subschema.schema);
    }
    if (schemas.size > mostSchemas) {
      throw unusable(`it holds more than ${mostSchemas} schemas`);
    }
  }
  return schemas;
}

function targetsIn(document: JsonObject, schemas: ReadonlyMap<string, Schema>): CheckedDocument["targetOf"] {
  const targets = new Map<Schema, string>();
  for (const [place, schema] of schemas) {
    if (typeof schema === "boolean" || schema["$ref"] === undefined) {
      continue;
    }
    const target = targetOfRef(document, schema["$ref"]);
    if (target === undefined || !schemas.has(target)) {
      throw unusable(
        `the $ref at ${place} must lead to a schema of the same document, such as #/definitions/address`,
      );
    }
    targets.set(schema, target);
  }
  return (schema) => targets.get(schema);
}

/** Where a `$ref` leads in its document, as a JSON pointer; undefined where it leads elsewhere or is none. */
export function targetOfRef(document: JsonObject, ref: unknown): string | undefined {
  if (typeof ref !== "string") {
    return undefined;
  }
  const id = typeof document["$id"] === "string" ? document["$id"].replace(/#$/, "") : "";
  const fragment = id !== "" && ref.startsWith(`${id}#`) ? ref.slice(id.length) : ref;
  if (fragment === "#" || fragment === "#/") {
    return "#";
  }
  if (!fragment.startsWith("#/")) {
    return undefined;
  }
  try {
    const steps = pointerSteps(decodeURIComponent(fragment));
    return ["#", ...steps.map(pointerStep)].join("/");
  } catch {
    return undefined;
  }
}

function checkSchema(place: string, schema: JsonObject): void {
  for (const keyword of namings) {
    if (schema[keyword] !== undefined && !(place === "#" && keyword === "$id")) {
      throw unusable(
        `${keyword} at ${place} is not supported: refer to a schema by its place, such as #/definitions/address`,
      );
    }
  }
  if (schema[extensionKeyword] !== undefined) {
    const { error } = extensionSchema.safeParse(schema[extensionKeyword]);
    if (error !== undefined) {
      const fault = error.issues[0];
      const path = [extensionKeyword, ...(fault?.path ?? [])].join(".");
      throw unusable(`${path} at ${place}: ${fault?.message ?? "unknown"}`);
    }
  }
  if (Array.isArray(schema["enum"]) && schema["enum"].length > mostOfEnum) {
    throw unusable(`the enum at ${place} holds more than ${mostOfEnum} values`);
  }
  const patterns = isJsonObject(schema["patternProperties"]) ? Object.keys(schema["patternProperties"]) : [];
  for (const pattern of [...patterns, schema["pattern"]]) {
    if (typeof pattern === "string") {
      checkPattern(place, pattern);
    }
  }
}

function checkPattern(place: string, pattern: string): void {
  if (pattern.length > mostPatternLength) {
    throw unusable(`a pattern at ${place} is longer than ${mostPatternLength} characters`);
  }
  try {
    // The engine compiles a pattern when it is first used, and only then says that it is too large.
    patternOf(pattern).test("");
  } catch {
    throw unusable(`a pattern at ${place} is no regular expression of JavaScript's`);
  }
}

/** A schema that leads back to itself without looking into the value would never be done. */
function refuseLoops(schemas: ReadonlyMap<string, Schema>, targetOf: CheckedDocument["targetOf"]): void {
  const done = new Set<string>();
  const onTheWay = new Set<string>();
  const visit = (place: string, schema: Schema): void => {
    if (done.has(place)) {
      return;
    }
    if (onTheWay.has(place)) {
      throw unusable(`the schema at ${place} refers to itself and would never be done`);
    }
    onTheWay.add(place);
    for (const next of nextInPlace(place, schema, targetOf)) {
      const there = schemas.get(next);
      if (there !== undefined) {
        visit(next, there);
      }
    }
    onTheWay.delete(place);
    done.add(place);
  };
  for (const [place, schema] of schemas) {
    visit(place, schema);
  }
}

function nextInPlace(place: string, schema: Schema, targetOf: CheckedDocument["targetOf"]): string[] {
  const target = targetOf(schema);
  const inner = subschemasOf(schema).filter(({ isInPlace }) => isInPlace);
  return [
    ...(target === undefined ? [] : [target]),
    ...inner.map((subschema) => pointerOf(place, subschema)),
  ];
}

/** What a `$ref` has looked at is not known to the schema it stands in: see prepare.ts. */
function refuseUnevaluated(
  schemas: ReadonlyMap<string, Schema>,
  targetOf: CheckedDocument["targetOf"],
): void {
  const all = [...schemas.values()];
  const usesUnevaluated = all.some(
    (schema) =>
      typeof schema !== "boolean" &&
      (schema["unevaluatedProperties"] !== undefined || schema["unevaluatedItems"] !== undefined),
  );
  if (usesUnevaluated && all.some((schema) => targetOf(schema) !== undefined)) {
    throw unusable(
      "unevaluatedProperties and unevaluatedItems are not supported together with $ref: use additionalProperties",
    );
  }
}
