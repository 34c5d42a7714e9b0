/**
 * A URL as it may be kept: origin and path. Query, fragment and user are where sites put tokens and codes.
 * Of a URL without an origin (`data:`, `blob:`, `about:`) only the scheme stays, but for `about:blank`.
 */
export function plainUrl(url: string): string {
  if (url === "about:blank" || !URL.canParse(url)) return url === "about:blank" ? url : "";
  const { protocol, origin, pathname } = new URL(url);
  return /^(https?|wss?):$/.test(protocol)
    ? `${protocol}//${hostOf(url)}${pathname}`
    : `${protocol}${origin === "null" ? "" : origin}`;
}

function hostOf(url: string): string {
  return new URL(url).host;
}

const absoluteUrl = /\b((?:https?|wss?):\/\/)(?:[^\s/?#"<>@\\]*@)?([^\s?#"<>\\]*)(?:[?#][^\s"<>\\]*)?/gi;

/** The text with query, fragment and user taken off every absolute URL in it. */
export function withoutQueries(text: string): string {
  return text.replace(absoluteUrl, "$1$2");
}
