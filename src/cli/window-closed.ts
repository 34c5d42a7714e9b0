import type { BrowserContext, Page } from "playwright-core";

/** Tells when the last of the context's pages is closed: its window then is, too. */
export function onWindowClosed(context: BrowserContext, closed: () => void): Disposable {
  const look = () => {
    if (context.pages().length === 0) closed();
  };
  const adopt = (page: Page) => void page.on("close", look);
  context.pages().forEach(adopt);
  context.on("page", adopt).on("close", closed);
  look();
  return {
    [Symbol.dispose]() {
      context.off("page", adopt).off("close", closed);
      for (const page of context.pages()) page.off("close", look);
    },
  };
}
