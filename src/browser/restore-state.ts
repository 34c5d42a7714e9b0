import type { BrowserContext } from "playwright-core";
import { Failure } from "../failure.ts";
import type { SavedState } from "../identity/types.ts";
import type { Logger } from "../log.ts";

/** A state in the shape Playwright restores; what it cannot, sessionStorage, is left out. */
export type RestorableState = Exclude<Parameters<BrowserContext["setStorageState"]>[0], string>;

/**
 * Restores a state by whatever `apply` does with it, and less of it when Playwright will not have the whole: without
 * databases, then none. A state that cannot be restored must not stop a run: the login then does its work.
 */
export async function restoreState<T>({
  state,
  apply,
  signal,
  log,
}: {
  state: SavedState | undefined;
  apply: (state: RestorableState) => Promise<T>;
  signal?: AbortSignal;
  log: Logger;
}): Promise<T> {
  const attempts = state === undefined ? [] : [whole(state), withoutDatabases(state)];
  for (const attempt of attempts) {
    try {
      return await apply(attempt);
    } catch (error) {
      if (error instanceof Failure || signal?.aborted === true) throw error;
      log.warn({ err: error }, "saved state not restored as it is; trying with less of it");
    }
  }
  return apply({ cookies: [], origins: [] });
}

/** Playwright checks the shape itself when it restores it. */
function whole({ cookies, origins }: SavedState): RestorableState {
  return { cookies, origins } as RestorableState;
}

function withoutDatabases(state: SavedState): RestorableState {
  const { cookies, origins } = whole(state);
  return { cookies, origins: origins.map(({ origin, localStorage }) => ({ origin, localStorage })) };
}
