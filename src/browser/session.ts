import type { BrowserContext, Page } from "playwright-core";
import type { SavedState } from "../identity/types.ts";

/** What a session is opened with. */
export interface SessionRequest {
  /** Restored before any script of a page of its origins runs. */
  state?: SavedState;
  /** `http://host:port`, `socks5://…`. */
  proxyServer?: string;
  /** Where from; the configuration's provider unless given. */
  provider?: string;
  /** Shown on the laptop's screen rather than headless; local only. */
  headed?: boolean;
  /** Milliseconds between actions, to watch; local only. */
  slowMoMs?: number;
  /** Identities that the provider keeps itself, by its ids for them, that the session is to be signed in as. */
  attach?: readonly string[];
  /** Names the session at a provider that has names for them: the run's id. */
  tag?: string;
  /** Longest the session may be needed, in milliseconds, for a provider that limits that. */
  maxMs?: number;
  signal: AbortSignal;
}

/** A live browser with an isolated context. Made by `openSession` only; what opens it closes it (`await using`). */
export interface Session extends AsyncDisposable {
  readonly id: string;
  readonly provider: string;
  /** Whether no other can be had beside it, or only at a price: what needs two makes do with this one. */
  readonly isOnlyOne: boolean;
  /** The proxy that sites see it come from; null for none that we gave it. */
  readonly proxyServer: string | null;
  /** What its browser calls itself to sites; it was asked once. Rejects where it does not say. */
  userAgent(): Promise<string>;
  readonly context: BrowserContext;
  /** The page the login happens in and the flow is given. */
  readonly page: Page;
  /** Aborts when the browser died or the connection to it was lost; its reason is a Failure (`browser_crashed`, `provider_unavailable`). */
  readonly lost: AbortSignal;
  /** The signed-in state as it stands. Reading it changes nothing the site could see. */
  capture(): Promise<SavedState>;
  /** Replaces the context's whole state with this one; nothing of the old remains. */
  restore(state: SavedState): Promise<void>;
  /**
   * The same context on a fresh page, for another run of the same identity; the pages there were are closed, and what
   * was routed in the context no longer is. It takes this one's place: closing either closes both.
   */
  renew(state?: SavedState): Promise<Session>;
  /** Idempotent; every call returns the same closing promise. */
  close(): Promise<void>;
}

/** The only door to a browser. */
export type OpenSession = (request: SessionRequest) => Promise<Session>;
