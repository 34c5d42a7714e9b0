import type { BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { Failure } from "../failure.ts";
import { onEachPage } from "./each-page.ts";
import type { LentContext, Provider } from "./providers/provider.ts";
import type { RestorableState } from "./restore-state.ts";
import type { SessionRequest } from "./session.ts";
import { within } from "./waiting.ts";

/** How long a page may take to open, on a machine with too much to do; in milliseconds. */
const openPageMs = 20_000;

/** A context with its first page: a session before it is anybody's. */
export interface BlankSession {
  lent: LentContext;
  page: Page;
  /** Aborts when a page's renderer dies: it answers nothing more, and the session is of no use to its run. */
  crashed: AbortSignal;
}

/** What a blank session is opened with; all of it is fixed once the context is there. */
export type BlankRequest = Pick<
  SessionRequest,
  "proxyServer" | "headed" | "slowMoMs" | "signal" | "attach" | "tag" | "maxMs"
>;

/** Opens a context at the provider, with the state given, and a page in it. */
export async function openBlank(
  provider: Provider,
  request: BlankRequest,
  storageState: RestorableState,
): Promise<BlankSession> {
  const lent = await provider.lend({
    contextOptions: contextOptions(request, storageState),
    headed: request.headed ?? false,
    slowMoMs: request.slowMoMs ?? 0,
    ...(request.attach === undefined ? {} : { attach: request.attach }),
    ...(request.tag === undefined ? {} : { tag: request.tag }),
    ...(request.maxMs === undefined ? {} : { maxMs: request.maxMs }),
    signal: request.signal,
  });
  try {
    const crashed = new AbortController();
    onEachPage(lent.context, (page) => {
      page.once("crash", () =>
        crashed.abort(new Failure("browser_crashed", "A page of the session crashed.")),
      );
    });
    return { lent, page: lent.page ?? (await openPage(lent.context)), crashed: crashed.signal };
  } catch (error) {
    await lent.close();
    throw lent.lost.aborted ? lent.lost.reason : error;
  }
}

/** A page whose process dies while it is being opened is never heard of again: that must not hang its run. */
async function openPage(context: BrowserContext): Promise<Page> {
  const opening = context.newPage();
  if (await within(openPageMs, opening)) return await opening;
  opening.catch(() => {});
  throw new Failure("browser_crashed", `The browser opened no page within ${openPageMs / 1_000} s.`);
}

function contextOptions(
  { proxyServer, headed }: BlankRequest,
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
