import type { BrowserContext, Page } from "playwright-core";
import { connectTo } from "../browser/handed-out/connect.ts";
import { readContext } from "../browser/handed-out/default-context.ts";
import { type ChromiumPool, type StartedChromium, usualShape } from "../browser/handed-out/pool.ts";
import { openSignInProxy } from "../browser/handed-out/sign-in-proxy.ts";
import type { Identity, SavedState } from "../identity/types.ts";
import type { Logger } from "../log.ts";
import { Secret } from "../secret.ts";
import type { NewSession } from "./types.ts";

/** A browser of the shape asked for; it, and what it needs, are closed with `resources`. */
export async function takeBrowser(
  pool: ChromiumPool,
  request: Pick<NewSession, "viewport" | "headed" | "proxy"> & { identities: readonly Identity[] },
  resources: AsyncDisposableStack,
): Promise<StartedChromium> {
  const { viewport, headed, proxy, identities } = request;
  const server = (await proxyAddress(proxy, resources)) ?? proxyOf({ identities }) ?? undefined;
  const started = await pool.take({
    window: viewport ?? usualShape.window,
    ...(headed === true ? { headed } : {}),
    ...(server === undefined ? {} : { proxyServer: server }),
  });
  resources.defer(() => started.chromium.close());
  return started;
}

/** The proxy that a session's sites see it come from: its own, else the first identity's; null for none. */
export function proxyOf({
  proxy,
  identities,
}: Pick<NewSession, "proxy"> & { identities: readonly Identity[] }): string | null {
  return proxy?.server ?? identities[0]?.proxyServer ?? null;
}

async function proxyAddress(
  proxy: NewSession["proxy"],
  resources: AsyncDisposableStack,
): Promise<string | undefined> {
  if (proxy?.username === undefined) return proxy?.server;
  const { server, username, password = new Secret("") } = proxy;
  return resources.use(await openSignInProxy({ server, username, password })).server;
}

/** What is left to the clients: one page, that of the first identity, of the size asked for. */
export async function leaveOnePage(
  context: BrowserContext,
  { viewport = usualShape.window, headed, initialUrl, log }: FirstPageOptions,
): Promise<void> {
  // Over CDP nobody can tell which of several was there first.
  const [first, ...others] = context.pages();
  await Promise.all(others.map((other) => other.close()));
  const page = first ?? (await context.newPage());
  if (headed === true) await setContentsSize(page, viewport);
  if (initialUrl === undefined) return;
  // The client sees for itself what became of it.
  await page.goto(initialUrl, { waitUntil: "domcontentloaded" }).catch((error: unknown) => {
    log.info({ err: error }, "the session's first page did not load");
  });
}

interface FirstPageOptions extends Pick<NewSession, "viewport" | "headed" | "initialUrl"> {
  log: Logger;
}

/** A window's own size counts its frame and bars. */
async function setContentsSize(page: Page, size: { width: number; height: number }): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const { windowId } = await session.send("Browser.getWindowForTarget");
  await session.send("Browser.setContentsSize", { windowId, ...size });
  await session.detach();
}

/** What the browser keeps of all sites whose pages are open, and their cookies. */
export async function captureNow(endpoint: string, log: Logger): Promise<SavedState> {
  await using connection = await connectTo(endpoint);
  return await readContext(connection.context, { before: undefined, log });
}
