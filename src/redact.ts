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

function formsOf(value: string): string[] {
  return [
    value,
    encodeURIComponent(value),
    new URLSearchParams([["", value]]).toString().slice(1),
    JSON.stringify(value).slice(1, -1),
    Buffer.from(value).toString("base64"),
  ];
}
