import type { BrowserContext } from "playwright-core";
import type { SavedState } from "../../identity/types.ts";
import type { Logger } from "../../log.ts";
import { createStateCapture } from "../capture-state.ts";
import { type RestorableState, restoreState } from "../restore-state.ts";
import { createSessionStorageRestorer } from "../session-storage.ts";

/** Puts a state into a context beside what is there: another identity's, of another site. */
export async function addState(
  context: BrowserContext,
  { state, log }: { state: SavedState; log: Logger },
): Promise<void> {
  const present = await context.storageState({ indexedDB: true });
  await restoreState({
    state,
    log,
    apply: (added) => context.setStorageState(merged(present as RestorableState, added)),
  });
}

/** Puts a state into a context beside what is there; the pages that are opened from now on have their tab's part of it. */
export async function addStateForPages(
  context: BrowserContext,
  { state, log }: { state: SavedState; log: Logger },
): Promise<void> {
  await addState(context, { state, log });
  createSessionStorageRestorer({ context, saved: state.sessionStorage });
}

/** The state of a context that was filled with `before`. Origins that no page is open at are as they were then. */
export async function readContext(
  context: BrowserContext,
  { before, log }: { before: SavedState | undefined; log: Logger },
): Promise<SavedState> {
  const tabs = { unvisited: () => before?.sessionStorage ?? {}, replace: () => undefined };
  return await createStateCapture({ context, tabs, state: before, log }).capture();
}

function merged(present: RestorableState, added: RestorableState): RestorableState {
  return {
    cookies: replaced(
      present.cookies,
      added.cookies,
      ({ name, domain, path }) => `${name} ${domain} ${path}`,
    ),
    origins: replaced(present.origins, added.origins, ({ origin }) => origin),
  };
}

function replaced<T>(present: readonly T[], added: readonly T[], keyOf: (item: T) => string): T[] {
  return [...new Map([...present, ...added].map((item) => [keyOf(item), item])).values()];
}
