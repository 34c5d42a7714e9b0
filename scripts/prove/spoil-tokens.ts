import { randomInt } from "node:crypto";
import type { SavedState } from "../../src/identity/types.ts";

/** Shorter words are settings rather than tokens: a language, a theme. */
const leastToken = 16;

/** The state with each token replaced by one of the same length and look that nobody issued; a JWT also lapses. */
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
  const [, head, claims, signature] = /^(eyJ[\w-]*)\.([\w-]+)\.([\w-]+)$/.exec(text) ?? [];
  if (head === undefined || claims === undefined || signature === undefined) return scramble(text);
  return `${head}.${expired(claims)}.${scramble(signature)}`;
}

/** The claims of a JWT as they are once it has lapsed: pages read that themselves. */
function expired(claims: string): string {
  try {
    const read = JSON.parse(Buffer.from(claims, "base64url").toString()) as Record<string, unknown>;
    const { exp } = read;
    if (typeof exp !== "number") return scramble(claims);
    const lapsed = { ...read, exp: Math.floor(Date.now() / 1_000) - 3_600 };
    return Buffer.from(JSON.stringify(lapsed)).toString("base64url");
  } catch {
    return scramble(claims);
  }
}

/** Other letters for letters, other digits for digits. */
function scramble(text: string): string {
  return text
    .replace(/[a-z]/g, () => pick("abcdefghijklmnopqrstuvwxyz"))
    .replace(/[A-Z]/g, () => pick("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    .replace(/\d/g, () => pick("0123456789"));
}

const pick = (letters: string) => letters.charAt(randomInt(letters.length));
