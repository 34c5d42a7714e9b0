import type { Download, Locator, Page } from "playwright-core";

/** Files a flow leaves behind; they are the run's artifacts and outlive the browser. */
export interface FlowFiles {
  /** Does what starts a download — clicks the locator, or calls the function —, waits for it, stores it. */
  download(
    page: Page,
    start: Locator | (() => Promise<unknown>),
    options?: { name?: string },
  ): Promise<StoredFile>;
  /** Stores a download the flow has caught itself. */
  save(download: Download, options?: { name?: string }): Promise<StoredFile>;
  /** Stores bytes of the flow's own making. */
  put(name: string, content: Uint8Array | string, contentType?: string): Promise<StoredFile>;
  /** Stores a screenshot of the page with password and code fields masked. */
  screenshot(page: Page, options?: { name?: string; fullPage?: boolean }): Promise<StoredFile>;
  /** Chooses files in a file input, with any provider; `content` never touches the worker's disk. */
  upload(
    input: Locator,
    files: readonly { name: string; content: Uint8Array | string; contentType?: string }[],
  ): Promise<void>;
}

/** A file in the artifact store, as a flow returns it. */
export interface StoredFile {
  name: string;
  bytes: number;
  contentType: string;
}
