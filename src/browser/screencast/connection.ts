/** An event of the DevTools protocol. */
export interface CdpEvent {
  method: string;
  params: Readonly<Record<string, unknown>>;
}

/** A DevTools protocol session with one page, or with a frame of it that lives in a process of its own. */
export interface PageConnection {
  /** @throws Error of the browser's own words, or that the connection has gone: both for the log alone */
  send(method: string, params?: object): Promise<Readonly<Record<string, unknown>>>;
  /** Calls `listener` with each event until disposed of. */
  onEvent(listener: (event: CdpEvent) => void): Disposable;
  /** A session with a frame that lives in a process of its own; undefined for one that does not. */
  attachFrame(frameId: string): Promise<PageConnection | undefined>;
  /** Leaves the page as it is. Idempotent. */
  close(): Promise<void>;
}

/** A page as a browser's tab shows it. */
export interface PageInfo {
  id: string;
  title: string;
  url: string;
  crashed: boolean;
}

/**
 * The pages of a browser, or of one context of it, seen beside whoever drives them: nothing of what they have set is
 * changed, and none of their dialogs is answered, unless it is asked for.
 */
export interface LivePages {
  /** Oldest first. */
  list(): readonly PageInfo[];
  /** Reads titles again: they change without a word. */
  refresh(): void;
  /** Calls `listener` whenever the list has changed. */
  onChange(listener: () => void): Disposable;
  /** @throws Error when the page has gone */
  attach(pageId: string): Promise<PageConnection>;
  /** Closes the page, as its tab's cross would. */
  closePage(pageId: string): Promise<void>;
  /** Aborted when the browser, or the connection to it, has gone. */
  readonly ended: AbortSignal;
  /** Leaves the pages as they are. Idempotent. */
  close(): Promise<void>;
}
