/** A URL as it may be logged and stored: without query, user and fragment; a route in the fragment (`#/login`) is kept. */
export function addressOf(url: string): string {
  const parsed = URL.parse(url);
  if (parsed === null) return "";
  if (!parsed.protocol.startsWith("http")) return parsed.protocol;
  const route = /^#!?\/[^?]*/.exec(parsed.hash)?.[0] ?? "";
  return parsed.origin + parsed.pathname + route;
}
