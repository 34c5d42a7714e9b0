import type { FailureDetail } from "../failure.ts";
import { textFault } from "../identity/traits/storable-text.ts";

/** How deep data may be nested: far more than any flow's input needs, far less than a stack bears. */
const mostDepth = 64;

/**
 * What of a JSON value cannot be stored, with where it is; undefined where all of it can. Postgres' jsonb holds no NUL
 * character, no half of a surrogate pair and nothing infinite, and what checks a value walks it by recursion.
 * @param place what the value is called at the beginning of a path
 */
export function unstorable(value: unknown, place = "data"): FailureDetail | undefined {
  const waiting: { value: unknown; path: string; depth: number }[] = [{ value, path: place, depth: 0 }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { value: part, path, depth } = next;
    if (typeof part === "string") {
      const message = textFault(part);
      if (message !== undefined) return { path, message };
    }
    if (typeof part === "number" && !Number.isFinite(part))
      return { path, message: "it is too large a number" };
    if (typeof part !== "object" || part === null) continue;
    if (depth === mostDepth)
      return { path: path.slice(0, 80), message: `it is nested more than ${mostDepth} deep` };
    for (const [name, child] of Object.entries(part)) {
      const fault = textFault(name);
      if (fault !== undefined) return { path, message: `a member's name: ${fault}` };
      waiting.push({ value: child, path: `${path}.${name}`, depth: depth + 1 });
    }
  }
  return undefined;
}

/**
 * A value as JSON that Postgres' jsonb takes: what it cannot hold — NUL characters, halves of surrogate pairs, as
 * cutting a text at some length makes them — becomes U+FFFD. For what we tell of a run; what a producer or a flow gives
 * is refused instead.
 */
export function storableJson(value: unknown): string {
  return JSON.stringify(value, (_name, part: unknown) =>
    typeof part === "string" && textFault(part) !== undefined
      ? part.toWellFormed().replaceAll("\0", "\ufffd")
      : part,
  );
}
