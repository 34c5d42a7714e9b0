/**
 * Where a session's browser is: as the server says, and else, or where nobody answers there, in the form that Anchor's
 * SDK builds from the server's own address. Both hold the key.
 */
export function cdpUrls({
  answered,
  baseUrl,
  apiKey,
  sessionId,
}: {
  answered: string | undefined;
  baseUrl: string;
  apiKey: string;
  sessionId: string;
}): string[] {
  const built = `${socketBase(baseUrl)}?apiKey=${encodeURIComponent(apiKey)}&sessionId=${encodeURIComponent(sessionId)}`;
  const isUsable = answered !== undefined && /^(?:wss?|https?):$/.test(URL.parse(answered)?.protocol ?? "");
  return isUsable && answered !== built ? [answered, built] : [built];
}

/** Letter for letter what the SDK does, in its order: the first `api.` wherever it stands. */
function socketBase(baseUrl: string): string {
  return baseUrl.replace("https://", "wss://").replace("http://", "ws://").replace("api.", "connect.");
}
