import type { BrowserContext, Page } from "playwright-core";
import type { SavedState } from "../identity/types.ts";
import type { Logger } from "../log.ts";
import type { CollectedStorage } from "./collect-storage.ts";
import { onEachPage } from "./each-page.ts";
import { readPageStorage } from "./read-storage.ts";
import type { SessionStorageRestorer } from "./session-storage.ts";
import { readClosedOrigin } from "./visit-origin.ts";
import { webOrigin } from "./web-origin.ts";

export interface StateCapture {
  /** The state as it stands; see `Session.capture`. */
  capture(): Promise<SavedState>;
  /** From now on this is what the origins no page has been to hold. */
  reset(state: SavedState): void;
}

/** Storage of an origin, as `storageState` restores it. */
interface OriginState {
  origin: string;
  localStorage: unknown[];
  indexedDB?: unknown[];
}

/** More origins than any login passes through. */
const mostClosedOrigins = 5;

/**
 * Captures the state of a context. Open pages are read where they are; an origin that was left is visited once, out
 * of the site's sight; an origin no page has been to since it was restored or captured is as it was, unread.
 */
export function createStateCapture({
  context,
  tabs,
  state,
  log,
}: {
  context: BrowserContext;
  tabs: SessionStorageRestorer;
  state: SavedState | undefined;
  log: Logger;
}): StateCapture {
  const known = new Map<string, OriginState>();
  /** Origins a page has been to since they were last read. */
  const touched = new Set<string>();

  const reset = (next: SavedState | undefined) => {
    known.clear();
    touched.clear();
    for (const origin of (next?.origins ?? []) as OriginState[]) known.set(origin.origin, origin);
  };
  reset(state);

  onEachPage(context, (page) => {
    page.on("framenavigated", (frame) => {
      const origin = webOrigin(frame.url());
      // What a frame of another site holds is read while the frame is there, and is not worth a visit after.
      if (origin !== undefined && frame === page.mainFrame()) touched.add(origin);
    });
  });

  const keep = ({ origin, localStorage, indexedDB }: CollectedStorage) => {
    touched.delete(origin);
    if (localStorage.length === 0 && indexedDB.length === 0) known.delete(origin);
    else known.set(origin, { origin, localStorage, ...(indexedDB.length === 0 ? {} : { indexedDB }) });
  };

  const readOpenPages = async (): Promise<CollectedStorage[]> => {
    const perPage = await Promise.all(context.pages().map((page: Page) => readPageStorage(context, page)));
    return perPage.flat();
  };

  const capture = async (): Promise<SavedState> => {
    const [cookies, open] = await Promise.all([context.cookies(), readOpenPages()]);
    const sessionStorage: Record<string, Record<string, string>> = { ...tabs.unvisited() };
    const skipped: string[] = [];
    const readNow = new Set<string>();
    for (const storage of open) {
      // The first page's comes first and wins: it is the one the flow was given.
      if (readNow.has(storage.origin)) continue;
      readNow.add(storage.origin);
      keep(storage);
      skipped.push(...storage.skipped.map((what) => `${storage.origin} ${what}`));
      if (Object.keys(storage.sessionStorage).length > 0)
        sessionStorage[storage.origin] = storage.sessionStorage;
    }
    for (const origin of [...touched].slice(0, mostClosedOrigins)) {
      const storage = await readClosedOrigin(context, origin);
      if (storage === undefined) skipped.push(`${origin} could not be read`);
      else keep(storage);
    }
    // The origins of open pages can change from now on.
    for (const origin of readNow) touched.add(origin);
    if (skipped.length > 0) log.debug({ skipped }, "parts of the state were not captured");
    return { cookies, origins: [...known.values()], sessionStorage };
  };

  return { capture, reset };
}
