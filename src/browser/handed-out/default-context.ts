import { type BrowserContext, chromium, type Page } from "playwright-core";
import { Failure } from "../../failure.ts";
import type { SavedState } from "../../identity/types.ts";
import type { Logger } from "../../log.ts";
import { createStateCapture } from "../capture-state.ts";
import { restoreState } from "../restore-state.ts";
import { createSessionStorageRestorer } from "../session-storage.ts";

const connectMs = 30_000;

/**
 * Does something in the default context of a browser that is somebody else's to drive, and leaves: while we are
 * connected, both of us would answer its dialogs. Its pages stay.
 */
export async function inDefaultContext<T>(
  endpoint: string,
  work: (context: BrowserContext) => Promise<T>,
): Promise<T> {
  const browser = await chromium.connectOverCDP(endpoint, { noDefaults: true, timeout: connectMs });
  try {
    const [context] = browser.contexts();
    if (context === undefined) throw new Failure("browser_unavailable", "The browser has no context.");
    return await work(context);
  } finally {
    await browser.close();
  }
}

/** Puts a state into an empty context. @returns a page that its tab's part of the state will be in */
export async function fillContext(
  context: BrowserContext,
  { state, log }: { state: SavedState; log: Logger },
): Promise<Page> {
  await restoreState({ state, log, apply: (restorable) => context.setStorageState(restorable) });
  createSessionStorageRestorer({ context, saved: state.sessionStorage });
  return await context.newPage();
}

/** The state of a context that was filled with `before`. Origins that no page is open at are as they were then. */
export async function readContext(
  context: BrowserContext,
  { before, log }: { before: SavedState; log: Logger },
): Promise<SavedState> {
  const tabs = { unvisited: () => before.sessionStorage, replace: () => undefined };
  return await createStateCapture({ context, tabs, state: before, log }).capture();
}
