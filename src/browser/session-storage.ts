import type { BrowserContext, Page } from "playwright-core";
import { onEachPage } from "./each-page.ts";
import { webOrigin } from "./web-origin.ts";

/** Values by key. */
export type StorageEntries = Record<string, string>;

/**
 * Gives tabs their saved sessionStorage: once per tab and origin, before the page's own scripts, and never again,
 * so that what a site cleared — on signing out, say — stays cleared.
 *
 * A tab here is a page opened through Playwright. A tab the site opens inherits its opener's sessionStorage from the
 * browser itself and is given nothing.
 */
export interface SessionStorageRestorer {
  /** Saved values of the origins no tab has been to yet: they still stand as they were saved. */
  unvisited(): Record<string, StorageEntries>;
  /** Tabs get these values from now on, and whatever an origin holds in the tab is cleared first. */
  replace(saved: Record<string, StorageEntries>, page: Page): void;
}

interface Disposable {
  dispose(): Promise<void>;
}

export function createSessionStorageRestorer({
  context,
  saved,
}: {
  context: BrowserContext;
  saved: Record<string, StorageEntries>;
}): SessionStorageRestorer {
  let current = saved;
  const visited = new Set<string>();
  const pending = new WeakMap<Page, Map<string, Promise<Disposable>>>();

  const give = (page: Page, origins: Record<string, StorageEntries>, clearFirst: boolean) => {
    const scripts = new Map<string, Promise<Disposable>>();
    for (const [origin, entries] of Object.entries(origins)) {
      const script = page.addInitScript(setSessionStorage, { origin, entries, clearFirst });
      // A page that closes at once needs no script.
      script.catch(() => undefined);
      scripts.set(origin, script);
    }
    pending.set(page, scripts);
  };

  const take = (page: Page, origin: string) => {
    const script = pending.get(page)?.get(origin);
    if (script === undefined) return;
    pending.get(page)?.delete(origin);
    void script.then((added) => added.dispose()).catch(() => undefined);
  };

  onEachPage(context, (page) => {
    page.on("framenavigated", (frame) => {
      const origin = webOrigin(frame.url());
      if (origin === undefined) return;
      visited.add(origin);
      take(page, origin);
    });
    // Playwright's commands run in order: these are in place before anyone can navigate the page, and need no waiting.
    if (webOrigin(page.url()) === undefined) give(page, current, false);
  });

  return {
    unvisited: () => Object.fromEntries(Object.entries(current).filter(([origin]) => !visited.has(origin))),
    replace(next, page) {
      const waiting = [...(pending.get(page)?.keys() ?? [])];
      // A script may yet run before it is out: what comes after it then clears what it set.
      const emptied = Object.fromEntries([...visited, ...waiting].map((origin) => [origin, {}]));
      for (const origin of waiting) take(page, origin);
      current = next;
      visited.clear();
      give(page, { ...emptied, ...next }, true);
    },
  };
}

/**
 * Runs in the page, before its scripts, until it is taken out after the origin's first document. A site that moves
 * on at once may be faster than that; then the document before is of the same origin and nothing is set again.
 */
function setSessionStorage({
  origin,
  entries,
  clearFirst,
}: {
  origin: string;
  entries: StorageEntries;
  clearFirst: boolean;
}): void {
  if (self.origin !== origin) return;
  const { navigation } = window as { navigation?: { activation?: { from?: unknown } | null } };
  const cameFromSameOrigin = (navigation?.activation?.from ?? null) !== null;
  const isInsideSameOrigin = [...location.ancestorOrigins].includes(origin);
  if (cameFromSameOrigin || isInsideSameOrigin || window.opener !== null) return;
  try {
    if (clearFirst) sessionStorage.clear();
    else if (sessionStorage.length > 0) return;
    for (const [key, value] of Object.entries(entries)) sessionStorage.setItem(key, value);
  } catch {
    // Storage is blocked in this frame.
  }
}
