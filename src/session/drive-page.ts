import { z } from "zod";
import { openBrowserPages } from "../browser/screencast/browser-pages.ts";
import type { PageConnection, PageInfo } from "../browser/screencast/connection.ts";
import { Failure } from "../failure.ts";
import type { LiveSession } from "./types.ts";

/** The browser's pages, oldest first. Counts as somebody connected while it looks. */
export async function pagesOf(live: LiveSession): Promise<readonly PageInfo[]> {
  using _held = live.hold();
  const pages = await openBrowserPages(live.endpoint).catch(gone);
  try {
    return pages.list();
  } finally {
    await pages.close();
  }
}

/**
 * Does something with the session's newest page, beside whoever drives it over CDP.
 * @throws Failure `browser_crashed` when the browser has gone or does not answer; what `work` throws
 */
export async function onNewestPage<T>(
  live: LiveSession,
  work: (page: PageConnection) => Promise<T>,
): Promise<T> {
  using _held = live.hold();
  const pages = await openBrowserPages(live.endpoint).catch(gone);
  try {
    const newest = pages.list().at(-1);
    if (newest === undefined) throw new Failure("conflict", "The session's browser has no page open.");
    const page = await pages.attach(newest.id);
    return await work(page);
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw gone(error);
  } finally {
    await pages.close();
  }
}

const navigated = z.object({ errorText: z.string().optional() });
const longestLoadMs = 30_000;

/**
 * Opens an address in the page; resolves when its document is there.
 * @throws Failure `site_unreachable` where none came, also none within half a minute
 */
export async function goTo(page: PageConnection, url: string): Promise<void> {
  await page.send("Page.enable");
  const loaded = Promise.withResolvers<"loaded" | "late">();
  using _listening = page.onEvent(({ method }) => {
    if (method === "Page.domContentEventFired" || method === "Page.navigatedWithinDocument")
      loaded.resolve("loaded");
  });
  const timer = setTimeout(() => loaded.resolve("late"), longestLoadMs);
  try {
    const { errorText } = navigated.parse(
      await Promise.race([page.send("Page.navigate", { url }), late(loaded)]),
    );
    // A download has no document.
    if (errorText === "net::ERR_ABORTED") return;
    if (errorText !== undefined || (await loaded.promise) === "late")
      throw new Failure("site_unreachable", "The site did not answer with a page.");
  } finally {
    clearTimeout(timer);
  }
}

/** A server that takes a request and says nothing keeps the navigation from beginning. */
async function late({ promise }: PromiseWithResolvers<"loaded" | "late">): Promise<object> {
  if ((await promise) === "late") throw new Failure("site_unreachable", "The site did not answer in time.");
  return {};
}

const captured = z.object({ data: z.base64() });

/** What the page's window shows, as a PNG. */
export async function pictureOf(page: PageConnection): Promise<Buffer> {
  const { data } = captured.parse(await page.send("Page.captureScreenshot", { format: "png" }));
  return Buffer.from(data, "base64");
}

const evaluated = z.object({
  result: z.object({ value: z.unknown() }),
  exceptionDetails: z.object({}).optional(),
});
const place = z.object({ x: z.number(), y: z.number() });
const mostSelectorMs = 60_000;

/**
 * The middle of the `index`-th element that a CSS selector fits, once there is one, in CSS pixels of the window.
 * @throws Failure `invalid_argument` for no selector, `flow_timed_out` where nothing fits it in time
 */
export async function middleOf(
  page: PageConnection,
  { selector, index, timeoutMs }: { selector: string; index: number; timeoutMs: number },
): Promise<{ x: number; y: number }> {
  const source = `(${find.toString()})(${JSON.stringify([selector, index, Math.min(timeoutMs, mostSelectorMs)])})`;
  const { result, exceptionDetails } = evaluated.parse(
    await page.send("Runtime.evaluate", { expression: source, awaitPromise: true, returnByValue: true }),
  );
  if (exceptionDetails !== undefined)
    throw new Failure("invalid_argument", "The selector is not one of CSS.");
  const found = place.safeParse(result.value);
  if (!found.success) throw new Failure("flow_timed_out", "Nothing on the page fits the selector.");
  return found.data;
}

/** Runs in the page, so it stands alone. */
async function find([selector, index, timeoutMs]: [string, number, number]) {
  const until = Date.now() + timeoutMs;
  for (;;) {
    const element = document.querySelectorAll(selector)[index];
    if (element !== undefined) {
      element.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
      const { x, y, width, height } = element.getBoundingClientRect();
      if (width > 0 && height > 0) return { x: x + width / 2, y: y + height / 2 };
    }
    if (Date.now() >= until) return null;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function gone(cause: unknown): never {
  throw new Failure("browser_crashed", "The session's browser does not answer.", { cause });
}
