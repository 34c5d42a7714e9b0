import { Failure, type FailureDetail } from "../failure.ts";

/** Deeper data is nobody's input, and what walks it by recursion would run out of stack. */
const deepest = 64;

/**
 * Refuses data that JSON can carry but Postgres cannot keep, wherever in a request it stands: NUL characters, halves of
 * surrogate pairs, numbers that became infinite; and data nested so deep that nothing would walk it.
 * @throws Failure `invalid_argument`
 */
export function assertStorable(value: unknown, place: string): void {
  const fault = findFault(value, place);
  if (fault === undefined) return;
  throw new Failure("invalid_argument", `The request is not valid: ${fault.path}: ${fault.message}.`, {
    details: [fault],
  });
}

function findFault(value: unknown, place: string): FailureDetail | undefined {
  const waiting: { value: unknown; path: string; depth: number }[] = [{ value, path: place, depth: 0 }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { value: item, path, depth } = next;
    if (typeof item === "string" && !isStorable(item))
      return { path, message: "holds a character that cannot be stored" };
    if (typeof item === "number" && !Number.isFinite(item)) return { path, message: "is too large a number" };
    if (typeof item !== "object" || item === null) continue;
    if (depth >= deepest) return { path: place, message: `is nested more than ${deepest} deep` };
    for (const [key, inner] of Object.entries(item)) {
      if (!isStorable(key)) return { path, message: "has a name with a character that cannot be stored" };
      waiting.push({ value: inner, path: `${path}.${key}`, depth: depth + 1 });
    }
  }
  return undefined;
}

const isStorable = (text: string) => text.isWellFormed() && !text.includes("\0");
