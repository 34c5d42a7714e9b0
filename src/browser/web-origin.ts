/** The origin of an http(s) URL; undefined for pages that have no storage of their own (`about:blank`, `data:`). */
export function webOrigin(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { protocol, origin } = new URL(url);
  return protocol === "http:" || protocol === "https:" ? origin : undefined;
}
