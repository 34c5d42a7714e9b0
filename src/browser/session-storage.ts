import type { BrowserContext } from "playwright-core";

export interface RestoredSessionStorage {
  /** Saved values of origins no page has been to yet: still as they were. */
  unvisited(): Record<string, Record<string, string>>;
}

export async function restoreSessionStorage({
  saved,
}: {
  context: BrowserContext;
  saved: Record<string, Record<string, string>>;
}): Promise<RestoredSessionStorage> {
  return { unvisited: () => saved };
}
