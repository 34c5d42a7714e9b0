import type { BrowserContext, BrowserContextOptions } from "playwright-core";

export interface ContextRequest {
  contextOptions: BrowserContextOptions;
  /** Shown on the screen; a provider without one opens it headless. */
  headed: boolean;
  /** Milliseconds between actions. */
  slowMoMs: number;
  signal: AbortSignal;
}

/** A context lent by a provider; what borrows it closes it. */
export interface LentContext {
  readonly context: BrowserContext;
  /** Aborts when the browser behind it is gone; its reason is a Failure. */
  readonly lost: AbortSignal;
  /** Closes the context and whatever was opened for it alone. Idempotent. */
  close(): Promise<void>;
}

/** Where browser contexts come from. */
export interface Provider extends AsyncDisposable {
  readonly name: string;
  /** @throws Failure `browser_unavailable`, `provider_unavailable`, `provider_refused` */
  lend(request: ContextRequest): Promise<LentContext>;
  /** Ends what the provider opened. What was there before stays. */
  close(): Promise<void>;
}
