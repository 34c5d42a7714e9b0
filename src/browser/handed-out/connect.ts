import { type Browser, type BrowserContext, chromium } from "playwright-core";
import { Failure } from "../../failure.ts";

const connectMs = 30_000;

/** Our own connection to a browser that is, or will be, somebody else's to drive. Closing it leaves the browser. */
export interface Connection extends AsyncDisposable {
  readonly browser: Browser;
  /** The one context that every CDP client sees. */
  readonly context: BrowserContext;
}

/**
 * Connects to it as it is: nothing of Playwright's defaults is put on it. Leave before a client is let at it: while we
 * are connected, both would answer its dialogs.
 * @throws Failure `browser_unavailable`
 */
export async function connectTo(endpoint: string): Promise<Connection> {
  const browser = await chromium
    .connectOverCDP(endpoint, { noDefaults: true, timeout: connectMs })
    .catch((cause: unknown) => {
      throw new Failure("browser_unavailable", "The browser let nobody connect.", { cause });
    });
  const close = () => browser.close();
  const [context] = browser.contexts();
  if (context === undefined) {
    await close();
    throw new Failure("browser_unavailable", "The browser has no context.");
  }
  return { browser, context, [Symbol.asyncDispose]: close };
}
