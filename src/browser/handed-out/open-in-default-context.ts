import type { Logger } from "../../log.ts";
import { createOpenSession } from "../open-session.ts";
import type { ContextRequest, LentContext, Provider } from "../providers/provider.ts";
import type { RestorableState } from "../restore-state.ts";
import type { OpenSession } from "../session.ts";
import { addState } from "./default-context.ts";
import type { StartedChromium } from "./pool.ts";

/** What a run's stages show as the provider. */
const name = "handed out";

/**
 * A door to one Chromium, for one identity: its first session is in the default context, beside what other identities
 * have there; further ones, in which a fresh login is proved to be restorable, are in contexts of their own. Closing
 * the first leaves the context: it is about to be somebody else's.
 */
export function openInDefaultContext({
  started: { chromium, connection, page },
  isShared,
  log,
}: {
  started: StartedChromium;
  /** Whether there is something in the context that has to stay. */
  isShared: boolean;
  log: Logger;
}): OpenSession {
  let isFirst = true;
  const lendDefault = async (
    state: ContextRequest["contextOptions"]["storageState"],
  ): Promise<LentContext> => {
    const { context } = connection;
    if (typeof state === "object" && (state.cookies.length > 0 || state.origins.length > 0))
      await put(state as RestorableState);
    const lent = { context, lost: chromium.lost, close: async () => {} };
    return isShared ? lent : { ...lent, page };
  };
  const put = async (state: RestorableState): Promise<void> => {
    const { context } = connection;
    if (isShared) await addState(context, { state: { ...state, sessionStorage: {} }, log });
    // One call rather than three: this is what most sessions wait for.
    else if (state.origins.length === 0) await context.addCookies(state.cookies);
    else await context.setStorageState(state);
  };
  const lendOwn = async (options: ContextRequest["contextOptions"]): Promise<LentContext> => {
    const context = await connection.browser.newContext(options);
    return { context, lost: chromium.lost, close: () => context.close() };
  };
  const close = async () => {};
  const provider: Provider = {
    name,
    lend: ({ contextOptions }) => {
      if (!isFirst) return lendOwn(contextOptions);
      isFirst = false;
      return lendDefault(contextOptions.storageState);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
  const open = createOpenSession({
    providers: [provider],
    defaultProvider: name,
    restoreOnVisit: false,
    log,
  });
  return ({ state, signal }) => open({ signal, ...(state === undefined ? {} : { state }) });
}
