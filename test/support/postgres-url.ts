/** A database with the newest schema and no connections, to be cloned. */
export const templateDatabase = "latchkey_template";

export function urlOfDatabase(serverUrl: string, database: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return url.href;
}
