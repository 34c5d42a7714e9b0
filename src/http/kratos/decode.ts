import { z } from "zod";

/**
 * Schemas that read JSON as Go's decoder does, which Kratos's clients see through: null is as good as nothing, and what
 * is wrong is told in its words (`encoding/json`, `UnmarshalTypeError`). refusal.ts adds the field's name.
 */
const says = (type: string) => ({
  error: (issue: { code?: string; input?: unknown; keys?: unknown }) => {
    if (issue.code === "unrecognized_keys" && Array.isArray(issue.keys))
      return `json: unknown field ${JSON.stringify(issue.keys[0])}`;
    return `json: cannot unmarshal ${goKindOf(issue.input)} into Go value of type ${type}`;
  },
});

function goKindOf(value: unknown): string {
  if (value === undefined) return "nothing";
  return typeof value === "boolean" ? "bool" : kindOf(value);
}

/** Of a JSON value, as JSON Schema calls it. */
export function kindOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

/** `""` where there is none. */
export const text = () =>
  z
    .string(says("string"))
    .nullish()
    .transform((value) => value ?? "");

export const flag = () =>
  z
    .boolean(says("bool"))
    .nullish()
    .transform((value) => value ?? false);

/** Of any kind; `undefined` where it was left out. */
export const anything = () => z.unknown();

/** RFC 3339. */
export const time = () => z.iso.datetime({ offset: true, ...says("time.Time") }).nullish();

export const list = <S extends z.ZodType>(of: S) =>
  z
    .array(of, says("slice"))
    .nullish()
    .transform((value) => value ?? []);

/** Refuses fields that it does not know. */
export const strict = <S extends z.ZodRawShape>(shape: S) => z.strictObject(shape, says("object"));

/** Passes fields over that it does not know. */
export const lax = <S extends z.ZodRawShape>(shape: S) => z.object(shape, says("object"));
