import type { BrowserContext } from "playwright-core";
import type { SavedState } from "../identity/types.ts";
import { onEachPage } from "./each-page.ts";
import { webOrigin } from "./web-origin.ts";

/** An origin's localStorage, as a state holds it. */
export interface SavedLocalStorage {
  origin: string;
  localStorage: { name: string; value: string }[];
}

/** Each new page carries the values until their origin was visited: more than this is better restored at once. */
const mostCharacters = 200_000;

/**
 * Divides a state by how its storage is restored. Playwright restores an origin by visiting it in a page it hides,
 * some 100 ms each; localStorage can as well be set when the origin is first visited, and costs nothing until then.
 * Databases cannot: filling them takes time, and the page's scripts would not wait.
 */
export function divideState(state: SavedState): { atOnce: SavedState; onVisit: SavedLocalStorage[] } {
  const onVisit: SavedLocalStorage[] = [];
  const atOnce = state.origins.filter((origin) => {
    if (!isLocalStorageOnly(origin)) return true;
    if (origin.localStorage.length > 0) onVisit.push(origin);
    return false;
  });
  return { atOnce: { ...state, origins: atOnce }, onVisit };
}

function isLocalStorageOnly(state: unknown): state is SavedLocalStorage {
  if (typeof state !== "object" || state === null || !("origin" in state) || !("localStorage" in state))
    return false;
  const { origin, localStorage, ...others } = state;
  return (
    typeof origin === "string" &&
    Array.isArray(localStorage) &&
    Object.values(others).every((other) => Array.isArray(other) && other.length === 0) &&
    JSON.stringify(localStorage).length <= mostCharacters
  );
}

/** Saved localStorage on its way to origins that no page has been to. */
export interface LocalStorageRestorer {
  /**
   * Resolves when the context's next page will have its values. Playwright gives a script to a context's pages one
   * after another: where there is a busy page already, one of an endpoint's own, a new page would be visited without.
   */
  readonly ready: Promise<void>;
  /** Forgets what is not restored yet. */
  stop(): void;
}

/**
 * Sets an origin's localStorage before the scripts of its first page in this context, and never again: what a site
 * cleared, on signing out, say, stays cleared.
 */
export function createLocalStorageRestorer({
  context,
  origins,
}: {
  context: BrowserContext;
  origins: readonly SavedLocalStorage[];
}): LocalStorageRestorer {
  const scripts = new Map(
    origins.map(({ origin, localStorage }) => {
      const script = context.addInitScript(setLocalStorage, { origin, entries: localStorage });
      // A context that closes at once needs no script.
      script.catch(() => undefined);
      return [origin, script];
    }),
  );
  const takeOut = (origin: string) => {
    const script = scripts.get(origin);
    scripts.delete(origin);
    void script?.then((added) => added.dispose()).catch(() => undefined);
  };
  if (scripts.size > 0) {
    onEachPage(context, (page) => {
      page.on("framenavigated", (frame) => {
        const origin = webOrigin(frame.url());
        if (origin !== undefined) takeOut(origin);
      });
    });
  }
  return {
    ready: Promise.allSettled(scripts.values()).then(() => undefined),
    stop() {
      for (const origin of scripts.keys()) takeOut(origin);
    },
  };
}

/**
 * Runs in each page, before its scripts, until it is taken out after the origin's first document. A second document
 * may be faster than that. It is told by what came before it: a document of the same origin in the same tab or
 * around it, or values in the storage, which in a new context only the first can have put there.
 */
function setLocalStorage({
  origin,
  entries,
}: {
  origin: string;
  entries: { name: string; value: string }[];
}): void {
  if (self.origin !== origin) return;
  const { navigation } = window as { navigation?: { activation?: { from?: unknown } | null } };
  const cameFromSameOrigin = (navigation?.activation?.from ?? null) !== null;
  const isInsideSameOrigin = [...location.ancestorOrigins].includes(origin);
  if (cameFromSameOrigin || isInsideSameOrigin) return;
  try {
    if (window.opener?.origin === origin) return;
  } catch {
    // Opened by another origin, which says nothing about this one.
  }
  try {
    if (localStorage.length > 0) return;
    for (const { name, value } of entries) localStorage.setItem(name, value);
  } catch {
    // Storage is blocked in this frame.
  }
}
