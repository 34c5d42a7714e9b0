import type { Browser, BrowserContext } from "playwright-core";

/** What a context's browser calls itself to sites. Rejects where it does not say. */
export type AskUserAgent = (context: BrowserContext) => Promise<string>;

/** Asks each browser once. */
export function createUserAgents(): AskUserAgent {
  const known = new WeakMap<Browser, Promise<string>>();
  return async (context) => {
    const browser = context.browser();
    if (browser === null) throw new Error("the context has no browser of its own");
    const asked = known.get(browser) ?? ask(browser);
    known.set(browser, asked);
    return await asked;
  };
}

async function ask(browser: Browser): Promise<string> {
  const session = await browser.newBrowserCDPSession();
  const { userAgent } = await session.send("Browser.getVersion");
  // It goes with the browser at the latest.
  session.detach().catch(() => {});
  return userAgent;
}
