import type { BrowserContext, Page } from "playwright-core";

/** Calls `watch` for the pages a context has, and for each it gets later. */
export function onEachPage(context: BrowserContext, watch: (page: Page) => void): void {
  for (const page of context.pages()) watch(page);
  context.on("page", watch);
}
