import type { BrowserContext } from "playwright-core";
import type { SavedState } from "../identity/types.ts";
import type { Logger } from "../log.ts";
import type { RestoredSessionStorage } from "./session-storage.ts";

export function createStateCapture({
  context,
  restored,
}: {
  context: BrowserContext;
  restored: RestoredSessionStorage;
  state: SavedState | undefined;
  log: Logger;
}): () => Promise<SavedState> {
  return async () => {
    const { cookies, origins } = await context.storageState({ indexedDB: true });
    return { cookies, origins, sessionStorage: restored.unvisited() };
  };
}
