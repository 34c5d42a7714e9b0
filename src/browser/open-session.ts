import { randomUUID } from "node:crypto";
import type { Page } from "playwright-core";
import { Failure, toFailure } from "../failure.ts";
import type { SavedState } from "../identity/types.ts";
import type { Logger } from "../log.ts";
import { type BlankSession, openBlank } from "./blank-session.ts";
import { createStateCapture } from "./capture-state.ts";
import { createLocalStorageRestorer, divideState, type SavedLocalStorage } from "./local-storage.ts";
import type { Provider } from "./providers/provider.ts";
import { type RestorableState, restoreState } from "./restore-state.ts";
import type { OpenSession, Session, SessionRequest } from "./session.ts";
import { createSessionStorageRestorer } from "./session-storage.ts";
import type { SpareSession } from "./spare-session.ts";
import { type AskUserAgent, createUserAgents } from "./user-agent.ts";
import { untilAborted } from "./waiting.ts";

export interface OpenSessionOptions {
  providers: readonly Provider[];
  /** Name of the provider used when a request names none. */
  defaultProvider: string;
  /** Sessions of the `local` provider made ahead; none unless given. */
  spare?: SpareSession;
  /**
   * Whether localStorage may wait until its origin is visited, which only works for as long as we are connected; so it
   * is unless given.
   */
  restoreOnVisit?: boolean;
  log: Logger;
}

/** Makes the only door to a browser: every session, whatever its provider, comes through it and looks the same. */
export function createOpenSession({
  providers,
  defaultProvider,
  spare,
  restoreOnVisit = true,
  log,
}: OpenSessionOptions): OpenSession {
  const userAgentOf = createUserAgents();
  return async (request) => {
    const provider = findProvider(providers, request.provider ?? defaultProvider);
    request.signal.throwIfAborted();
    const { atOnce, onVisit } = restoreOnVisit
      ? divide(request.state)
      : { ...(request.state === undefined ? {} : { atOnce: request.state }), onVisit: [] };
    const taken = fitsSpare(provider, request, atOnce)
      ? await untilAborted(request.signal, takeSpare(spare, atOnce, log), (late) => late?.lent.close())
      : undefined;
    const blank = taken ?? (await openFor(provider, request, atOnce, log));
    try {
      return await assemble({ provider, blank, request, onVisit, spare, userAgentOf, log });
    } catch (error) {
      await blank.lent.close();
      if (blank.lent.lost.aborted) throw blank.lent.lost.reason;
      throw toFailure(error, "browser_unavailable", "The browser opened no page.");
    }
  };
}

function divide(state: SavedState | undefined): { atOnce?: SavedState; onVisit: SavedLocalStorage[] } {
  return state === undefined ? { onVisit: [] } : divideState(state);
}

/** @throws Failure `invalid_argument` for a provider that there is not, or that is not set up */
export function findProvider(providers: readonly Provider[], name: string): Provider {
  const provider = providers.find((candidate) => candidate.name === name);
  if (provider !== undefined) return provider;
  const setting = settingOf[name];
  if (setting !== undefined)
    throw new Failure("invalid_argument", `The browser provider "${name}" is not set up: set ${setting}.`);
  const known = providers.map((candidate) => candidate.name).join(", ");
  throw new Failure("invalid_argument", `There is no browser provider "${name}"; there are: ${known}.`);
}

/** What sets up a provider that there is not unless it is set up. */
const settingOf: Readonly<Record<string, string>> = {
  cdp: "LATCHKEY_CDP_URL",
  anchor: "ANCHORBROWSER_API_KEY",
};

/** A spare is local, headless and direct, and can still be given cookies, but no databases. */
function fitsSpare(provider: Provider, request: SessionRequest, atOnce: SavedState | undefined): boolean {
  const plain = request.proxyServer === undefined && request.headed !== true && (request.slowMoMs ?? 0) === 0;
  return provider.name === "local" && plain && (atOnce?.origins.length ?? 0) === 0;
}

/** The spare with the state's cookies in it; undefined where there is none, or it would not take them. */
async function takeSpare(
  spare: SpareSession | undefined,
  atOnce: SavedState | undefined,
  log: Logger,
): Promise<BlankSession | undefined> {
  const blank = await spare?.take();
  if (blank === undefined || atOnce === undefined) return blank;
  try {
    await blank.lent.context.addCookies(atOnce.cookies as RestorableState["cookies"]);
    return blank;
  } catch (error) {
    log.debug({ err: error }, "the spare session would not take the cookies");
    await blank.lent.close();
    return undefined;
  }
}

async function openFor(
  provider: Provider,
  request: SessionRequest,
  atOnce: SavedState | undefined,
  log: Logger,
): Promise<BlankSession> {
  const apply = (state: RestorableState) =>
    untilAborted(request.signal, openBlank(provider, request, state), (late) => late?.lent.close());
  try {
    return await restoreState({ state: atOnce, signal: request.signal, log, apply });
  } catch (error) {
    request.signal.throwIfAborted();
    throw toFailure(error, "browser_unavailable", "The browser opened no context.");
  }
}

async function assemble({
  provider,
  blank: { lent, page: first, crashed },
  request: { state: given, proxyServer },
  onVisit,
  spare,
  userAgentOf,
  log,
}: {
  provider: Provider;
  blank: BlankSession;
  request: Pick<SessionRequest, "state" | "proxyServer">;
  onVisit: readonly SavedLocalStorage[];
  spare: SpareSession | undefined;
  userAgentOf: AskUserAgent;
  log: Logger;
}): Promise<Session> {
  const { context } = lent;
  // Asked for while it is surely there: a browser that is handed out is left to others.
  const userAgent = userAgentOf(context);
  userAgent.catch(() => {});
  const origins = createLocalStorageRestorer({ context, origins: onVisit });
  await origins.ready;
  const tabs = createSessionStorageRestorer({ context, saved: given?.sessionStorage ?? {} });
  const { capture, reset } = createStateCapture({ context, tabs, state: given, log });

  let closing: Promise<void> | undefined;
  // The next spare is made when this session is over: while a run works, the processors are its.
  const close = () => (closing ??= lent.close().finally(() => spare?.prepare()));
  const closeOthers = (kept: Page) =>
    Promise.all(
      context
        .pages()
        .filter((other) => other !== kept)
        .map((other) => other.close()),
    );

  const on = (page: Page): Session => ({
    id: randomUUID(),
    provider: provider.name,
    isOnlyOne: lent.isOnlyOne ?? false,
    proxyServer: proxyServer ?? null,
    userAgent: () => userAgent,
    context,
    page,
    lost: AbortSignal.any([lent.lost, crashed]),
    capture,
    async restore(state) {
      // Pages that run might write the old state again.
      await page.goto("about:blank");
      await closeOthers(page);
      origins.stop();
      await restoreState({ state, log, apply: (restorable) => context.setStorageState(restorable) });
      tabs.replace(state.sessionStorage, page);
      reset(state);
    },
    async renew(state) {
      // Before the others close, or a window would close with its last page.
      const fresh = await context.newPage();
      await closeOthers(fresh);
      await context.unrouteAll({ behavior: "ignoreErrors" });
      if (state !== undefined) tabs.replace(state.sessionStorage, fresh);
      return on(fresh);
    },
    close,
    [Symbol.asyncDispose]: close,
  });
  return on(first);
}
