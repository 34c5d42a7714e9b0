import type { Message } from "./message.ts";
import type { Link } from "./read-html.ts";
import { mentions } from "./words.ts";

export interface FoundLink {
  /** The link that signs in, if there is one. */
  url?: string;
  /** How many links would have done and lead elsewhere than credentials may be typed. */
  foreign: number;
}

const enough = 40;

/**
 * The link in a message that signs in: on an allowed domain, with something in it that nobody can guess, and words
 * for signing in or confirming in its text or address. Never one that ends a subscription, reports the login as
 * somebody else's, or sets a password. What a mail service wraps a link in is taken off, not opened.
 */
export function findLink(
  { links }: Pick<Message, "links">,
  { isAllowed }: { isAllowed: (url: string) => boolean },
): FoundLink {
  let best: { url: string; score: number } | undefined;
  const foreign = new Set<string>();
  for (const link of links) {
    const parsed = URL.parse(link.url);
    if (parsed === null || !/^https?:$/.test(parsed.protocol)) continue;
    const target = isAllowed(link.url) ? parsed : unwrapped(parsed, isAllowed);
    const score = scoreOf(link, target ?? parsed);
    if (score < enough) continue;
    if (target === undefined) foreign.add(link.url);
    else if (best === undefined || score > best.score) best = { url: target.href, score };
  }
  return { foreign: foreign.size, ...(best === undefined ? {} : { url: best.url }) };
}

function scoreOf({ text, before }: Link, url: URL): number {
  const own = isAddress(text) || isVague(text) ? "" : text;
  // A link that says nothing itself is about what its sentence says.
  const sentence = own === "" ? lastSentence(before) : "";
  const words = wordsIn(url);
  if ([own, sentence, words].some((said) => mentions(said, "astray"))) return 0;
  const secret = secretPart(url);
  if (secret === 0) return 0;
  return (
    secret +
    (mentions(own, "signIn") ? 35 : 0) +
    (mentions(sentence, "signIn") || mentions(sentence, "use") ? 25 : 0) +
    (mentions(words, "signIn") || /\b(?:auth|magic|otp|passwordless|sso|one time)\b/.test(words) ? 20 : 0)
  );
}

/** How unlikely it is that somebody guesses the address: a token, 0 for a page that anyone may open. */
function secretPart(url: URL): number {
  const parameters = [...url.searchParams, ...new URLSearchParams(url.hash.replace(/^#\/?[^?]*\?|^#/, ""))];
  const named = parameters.some(
    ([name, value]) =>
      value.length >= 6 &&
      /^(?:.*[_-])?(?:token|code|otp|key|secret|hash|sig|signature|ticket|magic|jwt|nonce|oobcode|t|k)$/i.test(
        name,
      ),
  );
  const parts = [...parameters.map(([, value]) => value), ...url.pathname.split("/"), ...url.hash.split("/")];
  if (named) return 30;
  return parts.some((part) => part.length >= 16 && /\d/.test(part) && /^[\w.~%=+-]+$/.test(part)) ? 25 : 0;
}

/** The words of an address, apart: `/users/magic-link/verifyEmail`. */
function wordsIn(url: URL): string {
  const path = url.pathname
    .split("/")
    .filter((part) => part.length < 32)
    .join(" ");
  const values = [...url.searchParams].filter(([, value]) => /^[a-z][a-z_-]{2,20}$/i.test(value));
  return [path, ...values.map(([, value]) => value), ...url.searchParams.keys()]
    .join(" ")
    .replaceAll(/([a-z])([A-Z])/g, "$1 $2")
    .replaceAll(/[^\p{L}\p{N}]+/gu, " ");
}

/** Mail services lead through an address of their own that names the real one in a parameter. */
function unwrapped(url: URL, isAllowed: (url: string) => boolean): URL | undefined {
  for (const value of url.searchParams.values()) {
    if (/^https?:\/\//i.test(value) && isAllowed(value)) return URL.parse(value) ?? undefined;
  }
  return undefined;
}

function isAddress(text: string): boolean {
  return /^(?:https?:\/\/|www\.)?\S+\.\S+$/.test(text);
}

function isVague(text: string): boolean {
  return /^\W*(?:click |press |tap )?(?:here|this|link|this link|hier|diesen link|ici|ce lien|aqu[ií]|este enlace|aqui|este link|qui|questo link|deze link|こちら|ここ|此处|这里|點此|点击这里|点击此处|여기|здесь|сюда)?\W*$/iu.test(
    text,
  );
}

function lastSentence(text: string): string {
  return (
    text
      .trim()
      .split(/(?<=[.!?。！？])\s*/u)
      .filter((sentence) => /\p{L}/u.test(sentence))
      .at(-1) ?? ""
  );
}
