import { randomUUID } from "node:crypto";
import type { BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { Failure, toFailure } from "../failure.ts";
import type { SavedState } from "../identity/types.ts";
import type { Logger } from "../log.ts";
import { createStateCapture } from "./capture-state.ts";
import type { LentContext, Provider } from "./providers/provider.ts";
import type { OpenSession, Session, SessionRequest } from "./session.ts";
import { restoreSessionStorage } from "./session-storage.ts";
import { untilAborted } from "./waiting.ts";

export interface OpenSessionOptions {
  providers: readonly Provider[];
  /** Name of the provider used when a request names none. */
  defaultProvider: string;
  log: Logger;
}

type StorageState = Exclude<NonNullable<BrowserContextOptions["storageState"]>, string>;

/** Makes the only door to a browser: every session, whatever its provider, comes through it and looks the same. */
export function createOpenSession({ providers, defaultProvider, log }: OpenSessionOptions): OpenSession {
  return async (request) => {
    const provider = findProvider(providers, request.provider ?? defaultProvider);
    request.signal.throwIfAborted();
    const lent = await lend({ provider, request, log });
    try {
      const page = await untilAborted(request.signal, lent.context.newPage());
      return await assemble({ provider, lent, page, request, log });
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
  log,
}: {
  provider: Provider;
  request: SessionRequest;
  log: Logger;
}): Promise<LentContext> {
  const lendWith = (storageState: StorageState | undefined) =>
    provider.lend({
      contextOptions: contextOptions(request, storageState),
      headed: request.headed ?? false,
      slowMoMs: request.slowMoMs ?? 0,
      signal: request.signal,
    });
  const stored = request.state === undefined ? undefined : storageState(request.state);
  try {
    return await lendWith(stored);
  } catch (error) {
    if (error instanceof Failure || request.signal.aborted) throw error;
    if (stored === undefined)
      throw new Failure("browser_unavailable", "The browser opened no context.", { cause: error });
    // A state that cannot be restored must not stop the run: the login then does its work.
    log.warn({ err: error }, "saved state not restored");
    return lendWith(undefined);
  }
}

function contextOptions(
  { proxyServer, headed }: SessionRequest,
  state: StorageState | undefined,
): BrowserContextOptions {
  return {
    viewport: { width: 1280, height: 800 },
    locale: "en-US",
    acceptDownloads: true,
    ignoreHTTPSErrors: false,
    ...(headed === true ? { viewport: null } : {}),
    ...(proxyServer === undefined ? {} : { proxy: { server: proxyServer } }),
    ...(state === undefined ? {} : { storageState: state }),
  };
}

/** Playwright checks the shape itself when it restores it. */
function storageState({ cookies, origins }: SavedState): StorageState {
  return { cookies, origins } as StorageState;
}

async function assemble({
  provider,
  lent,
  page,
  request,
  log,
}: {
  provider: Provider;
  lent: LentContext;
  page: Page;
  request: SessionRequest;
  log: Logger;
}): Promise<Session> {
  const { context } = lent;
  const lost = new AbortController();
  const onLost = () => lost.abort(lent.lost.reason);
  if (lent.lost.aborted) onLost();
  else lent.lost.addEventListener("abort", onLost, { once: true });
  abortOnPageCrash(context, lost);

  const restored = await restoreSessionStorage({ context, saved: request.state?.sessionStorage ?? {} });
  const capture = createStateCapture({ context, restored, state: request.state, log });
  const session: Session = {
    id: randomUUID(),
    provider: provider.name,
    context,
    page,
    lost: lost.signal,
    capture,
    restore: (state) => context.setStorageState(storageState(state)),
    close: () => lent.close(),
    [Symbol.asyncDispose]: () => lent.close(),
  };
  return session;
}

/** A page whose renderer died answers nothing more: the session is of no use to its run. */
function abortOnPageCrash(context: BrowserContext, lost: AbortController): void {
  const watch = (page: Page) => {
    page.once("crash", () => lost.abort(new Failure("browser_crashed", "A page of the session crashed.")));
  };
  for (const page of context.pages()) watch(page);
  context.on("page", watch);
}
