import { withoutQueries } from "./plain-url.ts";

const relativeUrlWithQuery = /(url\(\s*["']?[^"')?]*)\?[^"')]*/gi;

/** A file kept beside the records: pictures and fonts as they are, text without queries and known values. */
export function scrubTraceText(name: string, content: Buffer, scrub: (text: string) => string): Buffer {
  if (!/\.(css|svg|txt|html?|xml)$/i.test(name) && !isText(content)) return content;
  const text = content.toString("utf8");
  return Buffer.from(scrub(withoutQueries(text).replace(relativeUrlWithQuery, "$1")));
}

/** Text has no zero byte near its start; pictures and fonts do. */
function isText(content: Buffer): boolean {
  return !content.subarray(0, 512).includes(0);
}
