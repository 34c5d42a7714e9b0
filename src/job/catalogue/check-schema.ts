import type { StandardSchemaV1 } from "@standard-schema/spec";
import { Failure, type FailureCode } from "../../failure.ts";

/**
 * The value as the schema gives it.
 * @throws Failure with `code`, listing where the value does not fit and why — the schema's words, which may name
 * what was expected but not repeat the value.
 */
export async function checkSchema<T>(
  schema: StandardSchemaV1<unknown, T> | undefined,
  value: unknown,
  { code, what }: { code: FailureCode; what: string },
): Promise<T> {
  if (schema === undefined) return value as T;
  const result = await schema["~standard"].validate(value);
  if (result.issues === undefined) return result.value;
  const details = result.issues.map(({ path = [], message }) => ({
    path: path.map((part) => String(typeof part === "object" ? part.key : part)).join("."),
    message,
  }));
  const faults = details.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`));
  throw new Failure(code, `${what} does not fit its schema: ${faults.join("; ")}.`, { details });
}
