import { randomInt } from "node:crypto";
import type { SavedState } from "../../src/identity/types.ts";

/** Shorter words are settings rather than tokens: a language, a theme. */
const leastToken = 16;

/** The state with each token replaced by one of the same length and look that nobody issued. */
export function spoilTokens({ cookies, origins, sessionStorage, ...rest }: SavedState): SavedState {
  return {
    ...rest,
    cookies: cookies.map((cookie) => {
      const { value, ...others } = cookie as { value: string };
      return { ...others, value: spoilValue(value, { whole: true }) };
    }),
    origins: spoil(origins) as unknown[],
    sessionStorage: spoil(sessionStorage) as SavedState["sessionStorage"],
  };
}

/** Only members named `value`, or of a stored object, hold what a page put there; names and origins must stay. */
function spoil(value: unknown, key = ""): unknown {
  if (typeof value === "string")
    return /^(origin|name|keyPath|keyPathArray|key)$/.test(key) ? value : spoilValue(value);
  if (Array.isArray(value)) return value.map((item) => spoil(item, key));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, spoil(item, name)]));
}

/** A token is replaced; in a text of JSON, each token in it. */
function spoilValue(text: string, { whole = false } = {}): string {
  if (/^[[{"]/.test(text)) {
    try {
      return JSON.stringify(spoil(JSON.parse(text)));
    } catch {
      // Not JSON after all.
    }
  }
  if (!whole && (text.length < leastToken || /[\s:/?&]/.test(text))) return text;
  // Of a JWT only the signature: the rest a page may want to read.
  const [, head = "", last = text] = /^(eyJ[\w-]*\.[\w-]*\.)([\w-]+)$/.exec(text) ?? [];
  return (
    head +
    last
      .replace(/[a-z]/g, () => pick("abcdefghijklmnopqrstuvwxyz"))
      .replace(/[A-Z]/g, () => pick("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
      .replace(/\d/g, () => pick("0123456789"))
  );
}

const pick = (letters: string) => letters.charAt(randomInt(letters.length));
