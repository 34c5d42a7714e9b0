import type { CheckedDocument } from "./check-document.ts";
import { type Extension, extensionKeyword } from "./extension.ts";
import { isJsonObject, type JsonObject } from "./json.ts";
import { assertions, type Schema, subschemasOf } from "./keywords.ts";

/**
 * Stands for `$ref` in what the compiler gets. Following references ourselves keeps apart what went wrong behind one,
 * as Kratos's words do, and leaves the compiler no name to resolve.
 */
export const referenceKeyword = "latchkey:ref";

/** What stands under that keyword. */
export interface Reference {
  /** The schema it leads to, as a key of CheckedDocument.schemas. */
  target: string;
  /** As it is written. */
  text: string;
}

/**
 * A schema as the compiler gets it: known keywords only. Others assert nothing, and some mean something to the compiler
 * that no identity schema means (`$async`, `nullable`, `discriminator`).
 */
export function prepare(schema: Schema, { draft, targetOf }: CheckedDocument): Schema {
  if (typeof schema === "boolean") {
    return schema;
  }
  const prepared: JsonObject = {};
  const target = targetOf(schema);
  if (target !== undefined) {
    prepared[referenceKeyword] = { target, text: schema["$ref"] } as Reference;
    if (draft === "draft-07") {
      // What stands beside a $ref is ignored there.
      return prepared;
    }
  }
  for (const keyword of assertions) {
    if (schema[keyword] !== undefined) {
      prepared[keyword] = schema[keyword];
    }
  }
  prepareInner(prepared, schema, (inner) => prepare(inner, { draft, targetOf } as CheckedDocument));
  const format = formatOf(schema);
  if (format !== undefined) {
    prepared["format"] = format;
  }
  return prepared;
}

function prepareInner(prepared: JsonObject, schema: JsonObject, prepareOne: (inner: Schema) => Schema): void {
  for (const { keyword, key, schema: inner } of subschemasOf(schema)) {
    if (keyword === "definitions" || keyword === "$defs") {
      continue;
    }
    if (key === undefined) {
      prepared[keyword] = prepareOne(inner);
      continue;
    }
    const isList = Array.isArray(schema[keyword]);
    const holder = (prepared[keyword] ??= isList ? [] : {}) as JsonObject;
    holder[key] = prepareOne(inner);
  }
  // Dependencies on names, beside those on schemas.
  for (const [name, names] of Object.entries(
    isJsonObject(schema["dependencies"]) ? schema["dependencies"] : {},
  )) {
    if (Array.isArray(names)) {
      ((prepared["dependencies"] ??= {}) as JsonObject)[name] = names;
    }
  }
}

/** An address that is verified, recovered by or sent codes is checked even where the schema says nothing of its format. */
function formatOf(schema: JsonObject): string | undefined {
  if (schema["format"] !== undefined) {
    return undefined;
  }
  const { verification, recovery, credentials } = (schema[extensionKeyword] ?? {}) as Extension;
  const code = credentials?.code?.identifier === true ? credentials.code.via : undefined;
  const vias = [verification?.via, recovery?.via, code].filter((via) => via !== undefined);
  return vias.length === 0 ? undefined : vias.includes("email") ? "email" : "tel";
}
