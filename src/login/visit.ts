import type { Page } from "playwright-core";
import { Failure } from "../failure.ts";
import { untilAborted } from "../until-aborted.ts";
import { pause } from "./pause.ts";

/** The longest a site may take to begin to answer. */
const visitTimeoutMs = 60_000;
/** Before a site that dropped the connection is asked once more. */
const askAgainMs = 300;

/**
 * Opens a URL and returns as soon as the answer begins, or when the site answered with an HTTP challenge instead of a
 * page. A connection that broke is tried once more. Fails with `site_unreachable`.
 */
export async function visit({
  page,
  url,
  signal,
}: {
  page: Page;
  url: string;
  signal: AbortSignal;
}): Promise<void> {
  const first = await open({ page, url, signal });
  if (first === undefined) return;
  await pause(askAgainMs, signal);
  const second = await open({ page, url, signal });
  if (second === undefined) return;
  throw unreachable(url, second);
}

/** The error, when the connection broke; nothing when an answer came. */
async function open({
  page,
  url,
  signal,
}: {
  page: Page;
  url: string;
  signal: AbortSignal;
}): Promise<unknown> {
  signal.throwIfAborted();
  try {
    // A site that never answers must not outlast the run's deadline, or its cancelling.
    await untilAborted(signal, () => page.goto(url, { waitUntil: "commit", timeout: visitTimeoutMs }));
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    const message = error instanceof Error ? error.message : "";
    // Another navigation took over: the site leads elsewhere by itself.
    if (/ERR_ABORTED|interrupted by another navigation/.test(message)) return undefined;
    // The site asks for HTTP authentication: its answer was seen, and there is no page to show for it.
    if (message.includes("ERR_INVALID_AUTH_CREDENTIALS")) return undefined;
    // An error status without a page: the status was seen.
    if (message.includes("ERR_HTTP_RESPONSE_CODE_FAILURE")) return undefined;
    if (/ERR_(CONNECTION_(RESET|CLOSED|REFUSED)|EMPTY_RESPONSE|NETWORK_CHANGED)/.test(message)) return error;
    throw unreachable(url, error);
  }
}

function unreachable(url: string, cause: unknown): Failure {
  return new Failure("site_unreachable", `${URL.parse(url)?.host ?? "The site"} did not answer.`, { cause });
}
