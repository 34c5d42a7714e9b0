/**
 * What a body holds, whichever way it came: bare, as Prefactor's pages show it, or as `{ details, idempotency_key }`, as
 * its newer client sends it. Anything else is left to the schema that refuses it.
 */
export function unwrapped(body: unknown): unknown {
  if (!isObject(body) || !isObject(body["details"])) return body;
  const { details, ...rest } = body;
  return { ...(details as object), ...rest };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
