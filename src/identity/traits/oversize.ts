const mostDepth = 32;
const mostValues = 10_000;
const mostCharacters = 64 * 1024;

/**
 * Why traits are too much to be looked at, if they are: so many values or so deep that a schema could spend its time on
 * them, or with a name no object can safely have.
 */
export function oversizeOf(traits: unknown): string | undefined {
  const open: { value: unknown; depth: number }[] = [{ value: traits, depth: 0 }];
  let values = 0;
  let characters = 0;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, depth } = next;
    values += 1;
    if (typeof value === "string") {
      characters += value.length;
    }
    if (typeof value === "object" && value !== null) {
      if (Object.hasOwn(value, "__proto__")) {
        return 'additionalProperties "__proto__" not allowed';
      }
      if (depth >= mostDepth) {
        return `must not be nested deeper than ${mostDepth} levels`;
      }
      const names = Object.keys(value);
      characters += names.reduce((sum, name) => sum + name.length, 0);
      if (names.length <= mostValues) {
        open.push(...Object.values(value).map((inner) => ({ value: inner, depth: depth + 1 })));
      }
      values += names.length > mostValues ? names.length : 0;
    }
    if (values + open.length > mostValues || characters > mostCharacters) {
      return `must not hold more than ${mostValues} values or ${mostCharacters} characters`;
    }
  }
  return undefined;
}
