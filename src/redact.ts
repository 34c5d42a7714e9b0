import type { Secret } from "./secret.ts";

/** Shorter values are too common in ordinary text: scrubbing "1" would only garble it. */
const leastLength = 4;

/**
 * Knows the secret values in use in this process and takes them out of any text.
 * The last line of defence: nothing should hold them in the first place.
 */
export interface Redactor {
  /** From now on `scrub` removes this value, in its plain, URL-encoded, JSON-escaped and base64 forms. */
  add(secret: Secret): void;
  /** What this value opened is gone: `scrub` leaves it from now on, and has less to look for. */
  forget(secret: Secret): void;
  /** The text with every known value replaced by `[redacted]`. */
  scrub(text: string): string;
}

/** Keeps at most `limit` values, the oldest forgotten first, so a worker that runs for months stays flat. */
export function createRedactor(limit = 5_000): Redactor {
  const formsByValue = new Map<string, string[]>();
  let forms: string[] | undefined;

  return {
    add(secret) {
      const value = secret.reveal();
      if (value.length < leastLength) return;
      if (formsByValue.delete(value)) {
        formsByValue.set(value, formsOf(value));
        return;
      }
      formsByValue.set(value, formsOf(value));
      forms = undefined;
      if (formsByValue.size > limit) {
        const oldest = formsByValue.keys().next().value;
        if (oldest !== undefined) formsByValue.delete(oldest);
      }
    },
    forget(secret) {
      if (formsByValue.delete(secret.reveal())) forms = undefined;
    },
    scrub(text) {
      // Longest first, or a username inside a password would leave the rest of the password standing.
      forms ??= [...new Set([...formsByValue.values()].flat())].sort((a, b) => b.length - a.length);
      let scrubbed = text;
      for (const form of forms) {
        if (scrubbed.includes(form)) scrubbed = scrubbed.replaceAll(form, "[redacted]");
      }
      return scrubbed;
    },
  };
}

/**
 * Whether a value is unlike ordinary words and numbers, so that taking it out of a result cannot garble anything
 * else: long enough, and of more than one kind of characters.
 */
export function isDistinctive(value: string): boolean {
  if (value.length < 8) return false;
  const kinds = [/\p{Ll}/u, /\p{Lu}/u, /\d/, /[^\p{L}\d\s]/u].filter((kind) => kind.test(value));
  return kinds.length >= 2;
}

/** A JSON value with every text in it, keys too, scrubbed. */
export function scrubJson(value: unknown, redactor: Pick<Redactor, "scrub">): unknown {
  if (typeof value === "string") return redactor.scrub(value);
  if (Array.isArray(value)) return value.map((item) => scrubJson(item, redactor));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [redactor.scrub(key), scrubJson(item, redactor)]),
  );
}

function formsOf(value: string): string[] {
  return [
    value,
    encodeURIComponent(value),
    new URLSearchParams([["", value]]).toString().slice(1),
    JSON.stringify(value).slice(1, -1),
    Buffer.from(value).toString("base64"),
  ];
}
