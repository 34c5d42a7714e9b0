import { isDistinctive } from "../redact.ts";
import { Secret } from "../secret.ts";
import type { OutOfBandAnswer } from "./out-of-band.ts";

/**
 * What must not be seen of what came another way: the code; or the link, and the parts that make it one, which stand
 * in the addresses of the pages that it leads to.
 */
export function secretsOfAnswer(answer: OutOfBandAnswer): Secret[] {
  if (answer.kind === "code") return [answer.code];
  const url = URL.parse(answer.url.reveal());
  if (url === null) return [answer.url];
  const parameters = [...url.searchParams, ...new URLSearchParams(url.hash.replace(/^#\/?(?:[^?]*\?)?/, ""))];
  const values = parameters
    .map(([, value]) => value)
    .filter((value) => isDistinctive(value) || /^\d{4,}$/.test(value));
  const segments = `${url.pathname}/${url.hash}`
    .split(/[/#?&=]/)
    .map(decode)
    .filter((segment) => segment.length >= 12 && /\d/.test(segment) && isDistinctive(segment));
  return [answer.url, ...[...new Set([...values, ...segments])].map((value) => new Secret(value))];
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
