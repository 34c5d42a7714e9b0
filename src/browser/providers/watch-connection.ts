import type { Browser } from "playwright-core";
import { Failure } from "../../failure.ts";
import { within } from "../waiting.ts";

export interface WatchedConnection {
  /** Aborts with a Failure `provider_unavailable` when the connection is gone. */
  readonly lost: AbortSignal;
  /** From now on an end of the connection is wanted. */
  stop(): void;
}

const answerMs = 10_000;

/**
 * Notices that the connection to a remote browser is gone: when its socket closes, and, because a socket whose other
 * end vanished stays open, when the browser does not answer any more.
 */
export function watchConnection({
  browser,
  heartbeatMs,
}: {
  browser: Browser;
  heartbeatMs: number;
}): WatchedConnection {
  const lost = new AbortController();
  let beating = false;
  let stopped = false;
  const lose = () => {
    clearInterval(heartbeat);
    if (!stopped)
      lost.abort(new Failure("provider_unavailable", "The connection to the browser provider was lost."));
  };
  const ask = async () => {
    const session = await browser.newBrowserCDPSession();
    await session.send("Browser.getVersion");
    await session.detach();
  };
  const beat = async () => {
    if (beating) return;
    beating = true;
    const answered = await within(Math.min(heartbeatMs, answerMs), ask());
    beating = false;
    if (!answered) lose();
  };
  const heartbeat = setInterval(() => void beat(), heartbeatMs);
  heartbeat.unref();
  browser.on("disconnected", lose);
  return {
    lost: lost.signal,
    stop() {
      stopped = true;
      clearInterval(heartbeat);
    },
  };
}
