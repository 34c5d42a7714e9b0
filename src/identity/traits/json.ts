/** A JSON object, as `JSON.parse` gives it. */
export type JsonObject = Record<string, unknown>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A name as one step of a JSON pointer (RFC 6901). */
export function pointerStep(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}

/** The names on the way a JSON pointer describes; `#` and what is before it count for nothing. */
export function pointerSteps(pointer: string): string[] {
  const path = pointer.slice(pointer.indexOf("#") + 1);
  return path === ""
    ? []
    : path
        .slice(1)
        .split("/")
        .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** A JSON value and every value in it, the outer before the inner; what is in one is looked at after the caller went on. */
export function* partsOf(whole: unknown): Generator<{ part: unknown; depth: number }> {
  const open = [{ part: whole, depth: 0 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    yield next;
    if (typeof next.part === "object" && next.part !== null) {
      for (const part of Object.values(next.part) as unknown[]) {
        open.push({ part, depth: next.depth + 1 });
      }
    }
  }
}
