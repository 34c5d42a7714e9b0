import type { BrowserContext } from "playwright-core";
import type { CollectedStorage } from "./collect-storage.ts";
import { readPageStorage } from "./read-storage.ts";
import { attempt } from "./waiting.ts";

const visitMs = 5_000;

/**
 * The storage of an origin that has no page any more, read from an empty page made up for the purpose: no request
 * leaves the browser, and the site's service worker is passed by.
 */
export async function readClosedOrigin(
  context: BrowserContext,
  origin: string,
): Promise<CollectedStorage | undefined> {
  return attempt(visitMs, async () => {
    const page = await context.newPage();
    try {
      const session = await context.newCDPSession(page);
      await session.send("Network.enable");
      await session.send("Network.setBypassServiceWorker", { bypass: true });
      await page.route("**/*", (route) => route.fulfill({ contentType: "text/html", body: "" }));
      await page.goto(origin);
      const [storage] = await readPageStorage(context, page);
      return storage;
    } finally {
      await page.close();
    }
  });
}
