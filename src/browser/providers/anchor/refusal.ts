import { Failure } from "../../../failure.ts";
import { StaleIdentity } from "../stale-identity.ts";
import type { AnchorAnswer } from "./client.ts";

/** What an answer that is no success means. Its text is looked at, and never quoted: it is the server's. */
export interface RefusalContext {
  /** What was asked about: says what a 404 did not find, and whether a sign-in can have failed. */
  about: "identity" | "session" | "server";
}

/** What servers say when they could not sign an identity in, whatever the status. */
const staleWords =
  /profile is not authenticated|authentication failed|could not be re-?authenticated|no credentials|not (?:signed|logged) in/;
/** Of these the status alone counts, whatever the words. */
const sayNothing: ReadonlySet<number> = new Set([402, 429, 502, 503, 504]);
const refusedWords =
  /(?:invalid|wrong|incorrect|rejected|refused).{0,40}(?:credential|password|username|login|code)|(?:credential|password|username).{0,40}(?:invalid|wrong|incorrect|rejected|refused)/;
const quotaWords = /limit|quota|credit|budget|cost|billing|payment|plan/;

/** The Failure that an answer of another status than 2xx stands for. */
export function refusalOf({ status, body, retryAfterMs }: AnchorAnswer, { about }: RefusalContext): Failure {
  const text = textOf(body);
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
  if (status === 401)
    return new Failure("provider_refused", "The browser provider refused the API key (HTTP 401).");
  const isStale = status === 412 || status === 422 || (!sayNothing.has(status) && staleWords.test(text));
  if (about === "identity" && isStale)
    return new StaleIdentity({ credentialsRefused: refusedWords.test(text) });
  if (status === 402)
    return new Failure("provider_quota", "The browser provider's credits are used up (HTTP 402).");
  if (status === 403 && quotaWords.test(text))
    return new Failure("provider_quota", "The browser provider's limit of costs is reached (HTTP 403).");
  if (status === 429)
    return new Failure("provider_quota", "The browser provider limits how often it is asked (HTTP 429).", {
      retryable: true,
      ...wait,
    });
  if (status === 404 && about === "identity")
    return new Failure("unknown_identity", "The browser provider does not know the identity.");
  if (status === 408 || status === 409 || status === 425 || status >= 500)
    return new Failure("provider_unavailable", `The browser provider answered with HTTP ${status}.`, wait);
  return new Failure("provider_refused", `The browser provider refused the request (HTTP ${status}).`);
}

/** The words of an error's body, wherever servers put them. */
function textOf(body: unknown): string {
  const words: string[] = [];
  const gather = (value: unknown, depth: number): void => {
    if (typeof value === "string") words.push(value);
    else if (depth > 0 && typeof value === "object" && value !== null)
      for (const part of Object.values(value).slice(0, 20)) gather(part, depth - 1);
  };
  gather(body, 3);
  return words.join(" ").slice(0, 2_000).toLowerCase();
}
