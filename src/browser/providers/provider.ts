import type { BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import type { ProviderIdentities } from "./provider-identities.ts";

export interface ContextRequest {
  contextOptions: BrowserContextOptions;
  /** Shown on the screen; a provider without one opens it headless. */
  headed: boolean;
  /** Milliseconds between actions. */
  slowMoMs: number;
  /** Identities of the provider's own, by its ids for them, that it is to be signed in as. */
  attach?: readonly string[];
  /** Names it at a provider that has names for sessions: the run's id. */
  tag?: string;
  /** Longest it may be needed, in milliseconds, for a provider that limits that. */
  maxMs?: number;
  signal: AbortSignal;
}

/** A context lent by a provider; what borrows it closes it. */
export interface LentContext {
  readonly context: BrowserContext;
  /** The page it comes with; one is opened unless given. */
  readonly page?: Page;
  /** Whether no other can be had beside it, or only at a price: what needs two makes do with this one. */
  readonly isOnlyOne?: boolean;
  /** Aborts when the browser behind it is gone; its reason is a Failure. */
  readonly lost: AbortSignal;
  /** Closes the context and whatever was opened for it alone. Idempotent. */
  close(): Promise<void>;
}

/** Where browser contexts come from. */
export interface Provider extends AsyncDisposable {
  readonly name: string;
  /** Where it keeps identities itself. */
  readonly identities?: ProviderIdentities;
  /** @throws Failure `browser_unavailable`, `provider_unavailable`, `provider_refused`, `provider_quota`; of `attach`: StaleIdentity, `unknown_identity` */
  lend(request: ContextRequest): Promise<LentContext>;
  /** What answers there, in a few words. @throws Failure what is wrong */
  check?(signal: AbortSignal): Promise<string>;
  /** Ends what the provider opened. What was there before stays. */
  close(): Promise<void>;
}
