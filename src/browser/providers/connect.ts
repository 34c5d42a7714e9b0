import pRetry from "p-retry";
import { type Browser, chromium } from "playwright-core";
import { Failure } from "../../failure.ts";
import type { Logger } from "../../log.ts";
import type { Secret } from "../../secret.ts";
import { untilAborted } from "../waiting.ts";
import { connectFailure } from "./connect-failure.ts";

const connectMs = 30_000;
const connectRetries = 2;

export interface ConnectOptions {
  /** May hold a key. */
  url: Secret;
  /** Where the connection keeps its files. */
  folder: string;
  /** Milliseconds between actions. */
  slowMoMs: number;
  /** Whether the browser is this connection's alone: else its own pages are left as they are. */
  isOurs: boolean;
  /** The provider's name, for the log. */
  provider: string;
  log: Logger;
  signal: AbortSignal;
}

/**
 * Connects to a browser over CDP, trying again while that may help.
 * @throws Failure `provider_unavailable`, `provider_refused`; nothing of the URL stands in them
 */
export function connect({
  url,
  folder,
  slowMoMs,
  isOurs,
  provider,
  log,
  signal,
}: ConnectOptions): Promise<Browser> {
  const once = () =>
    chromium
      .connectOverCDP(url.reveal(), {
        artifactsDir: folder,
        slowMo: slowMoMs,
        timeout: connectMs,
        noDefaults: !isOurs,
      })
      .catch((error: unknown) => {
        throw connectFailure(error);
      });
  return pRetry(() => untilAborted(signal, once(), (late) => late?.close()), {
    retries: connectRetries,
    minTimeout: 250,
    randomize: true,
    signal,
    shouldRetry: ({ error }) => error instanceof Failure && error.retryable,
    onFailedAttempt: ({ attemptNumber, error }) =>
      log.debug({ provider, attempt: attemptNumber, err: error }, "provider did not let us connect"),
  });
}
