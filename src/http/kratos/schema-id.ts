/** How a schema's id stands in its URL: base64url without padding. */
export const encodeSchemaId = (id: string): string => Buffer.from(id).toString("base64url");

/** What the last part of a schema's URL may mean, most likely first: an id as it is, or one that was encoded. */
export function schemaIdsMeant(part: string): string[] {
  if (!/^[\w-]+$/.test(part)) return [part];
  const decoded = Buffer.from(part, "base64url");
  const text = decoded.toString();
  // Not everything of these letters was meant as base64url, nor is every such text UTF-8.
  const isEncoded = decoded.toString("base64url") === part && Buffer.from(text).equals(decoded);
  return isEncoded && text !== "" ? [part, text] : [part];
}
