import { partsOf } from "./json.ts";
import { textFault } from "./storable-text.ts";

export interface Limits {
  /** How deep values may stand in each other. */
  depth: number;
  values: number;
  /** Of all texts and names together. */
  characters: number;
}

/**
 * Why a JSON value cannot be worked with, if it cannot: so large or deep that something could spend its time on it, or
 * with a text or name that no database or object can safely hold.
 */
export function unfit(whole: unknown, limits: Limits): string | undefined {
  let values = 0;
  let characters = 0;
  for (const { part, depth } of partsOf(whole)) {
    const names = typeof part === "object" && part !== null ? Object.keys(part) : [];
    values += 1;
    if (values + names.length > limits.values) {
      return `must not hold more than ${limits.values} values`;
    }
    if (depth + (typeof part === "object" && part !== null ? 1 : 0) > limits.depth) {
      return `must not be nested deeper than ${limits.depth} levels`;
    }
    for (const text of typeof part === "string" ? [part] : names) {
      characters += text.length;
      const fault =
        text === "__proto__" && typeof part !== "string"
          ? "__proto__ is no name for a trait"
          : textFault(text);
      if (fault !== undefined) {
        return `cannot be kept: ${fault}`;
      }
    }
    if (characters > limits.characters) {
      return `must not hold more than ${limits.characters} characters`;
    }
  }
  return undefined;
}
