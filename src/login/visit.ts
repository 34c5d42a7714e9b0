import type { Page } from "playwright-core";
import { Failure } from "../failure.ts";

/** The longest a site may take to begin to answer. */
const visitTimeoutMs = 60_000;

/** Opens a URL and returns as soon as the answer begins. Fails with `site_unreachable`. */
export async function visit({
  page,
  url,
  signal,
}: {
  page: Page;
  url: string;
  signal: AbortSignal;
}): Promise<void> {
  signal.throwIfAborted();
  try {
    await page.goto(url, { waitUntil: "commit", timeout: visitTimeoutMs });
  } catch (error) {
    signal.throwIfAborted();
    // Another navigation took over: the site leads elsewhere by itself.
    if (error instanceof Error && /ERR_ABORTED|interrupted by another navigation/.test(error.message)) return;
    // The site asks for HTTP authentication: its answer was seen, and there is no page to show for it.
    if (error instanceof Error && /ERR_INVALID_AUTH_CREDENTIALS/.test(error.message)) return;
    throw new Failure("site_unreachable", `${URL.parse(url)?.host ?? "The site"} did not answer.`, {
      cause: error,
    });
  }
}
