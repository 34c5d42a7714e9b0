import { randomUUID } from "node:crypto";
import type { BrowserContext, BrowserContextOptions } from "playwright-core";
import { Failure, toFailure } from "../failure.ts";
import type { SavedState } from "../identity/types.ts";
import type { Logger } from "../log.ts";
import { createStateCapture } from "./capture-state.ts";
import { createLocalStorageRestorer, divideState, type SavedLocalStorage } from "./local-storage.ts";
import type { LentContext, Provider } from "./providers/provider.ts";
import { type RestorableState, restoreState } from "./restore-state.ts";
import type { OpenSession, Session, SessionRequest } from "./session.ts";
import { createSessionStorageRestorer } from "./session-storage.ts";
import { untilAborted } from "./waiting.ts";

export interface OpenSessionOptions {
  providers: readonly Provider[];
  /** Name of the provider used when a request names none. */
  defaultProvider: string;
  log: Logger;
}

/** Makes the only door to a browser: every session, whatever its provider, comes through it and looks the same. */
export function createOpenSession({ providers, defaultProvider, log }: OpenSessionOptions): OpenSession {
  return async (request) => {
    const provider = findProvider(providers, request.provider ?? defaultProvider);
    request.signal.throwIfAborted();
    const divided = request.state === undefined ? undefined : divideState(request.state);
    const lent = await lend({ provider, request, state: divided?.atOnce, log });
    try {
      const onVisit = divided?.onVisit ?? [];
      return await untilAborted(request.signal, assemble({ provider, lent, request, onVisit, log }));
    } catch (error) {
      await lent.close();
      if (lent.lost.aborted) throw lent.lost.reason;
      request.signal.throwIfAborted();
      throw toFailure(error, "browser_unavailable", "The browser opened no page.");
    }
  };
}

function findProvider(providers: readonly Provider[], name: string): Provider {
  const provider = providers.find((candidate) => candidate.name === name);
  if (provider !== undefined) return provider;
  const known = providers.map((candidate) => candidate.name).join(", ");
  throw new Failure("invalid_argument", `There is no browser provider "${name}"; there are: ${known}.`);
}

async function lend({
  provider,
  request,
  state: atOnce,
  log,
}: {
  provider: Provider;
  request: SessionRequest;
  state: SavedState | undefined;
  log: Logger;
}): Promise<LentContext> {
  try {
    return await restoreState({
      state: atOnce,
      signal: request.signal,
      log,
      apply: (state) =>
        provider.lend({
          contextOptions: contextOptions(request, state),
          headed: request.headed ?? false,
          slowMoMs: request.slowMoMs ?? 0,
          signal: request.signal,
        }),
    });
  } catch (error) {
    request.signal.throwIfAborted();
    throw toFailure(error, "browser_unavailable", "The browser opened no context.");
  }
}

function contextOptions(
  { proxyServer, headed }: SessionRequest,
  storageState: RestorableState,
): BrowserContextOptions {
  return {
    viewport: { width: 1280, height: 800 },
    locale: "en-US",
    acceptDownloads: true,
    ignoreHTTPSErrors: false,
    ...(headed === true ? { viewport: null } : {}),
    ...(proxyServer === undefined ? {} : { proxy: { server: proxyServer } }),
    storageState,
  };
}

async function assemble({
  provider,
  lent,
  request,
  onVisit,
  log,
}: {
  provider: Provider;
  lent: LentContext;
  request: SessionRequest;
  onVisit: readonly SavedLocalStorage[];
  log: Logger;
}): Promise<Session> {
  const { context } = lent;
  const crashed = abortOnPageCrash(context);
  // These listen for pages, so they come before the first one.
  const origins = createLocalStorageRestorer({ context, origins: onVisit });
  const tabs = createSessionStorageRestorer({ context, saved: request.state?.sessionStorage ?? {} });
  const { capture, reset } = createStateCapture({ context, tabs, state: request.state, log });
  const page = await context.newPage();

  const restore = async (state: SavedState) => {
    // Pages that run might write the old state again.
    await page.goto("about:blank");
    const others = context.pages().filter((other) => other !== page);
    await Promise.all(others.map((other) => other.close()));
    origins.stop();
    await restoreState({ state, log, apply: (restorable) => context.setStorageState(restorable) });
    tabs.replace(state.sessionStorage, page);
    reset(state);
  };
  const close = () => lent.close();
  return {
    id: randomUUID(),
    provider: provider.name,
    context,
    page,
    lost: AbortSignal.any([lent.lost, crashed]),
    capture,
    restore,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** A page whose renderer died answers nothing more: the session is of no use to its run. */
function abortOnPageCrash(context: BrowserContext): AbortSignal {
  const crashed = new AbortController();
  context.on("page", (page) => {
    page.once("crash", () => crashed.abort(new Failure("browser_crashed", "A page of the session crashed.")));
  });
  return crashed.signal;
}
