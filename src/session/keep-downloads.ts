import { createReadStream } from "node:fs";
import { rm } from "node:fs/promises";
import type { Artifacts } from "../artifacts.ts";
import { type BrowserWatch, type FinishedDownload, watchBrowser } from "../browser/handed-out/watch.ts";
import { plainUrl } from "../browser/plain-url.ts";
import type { Logger } from "../log.ts";
import type { SessionFiles } from "./session-files.ts";

export interface KeepDownloadsOptions {
  sessionId: string;
  chromium: { endpoint: string; downloadsDir: string };
  artifacts: Artifacts;
  files: SessionFiles;
  log: Logger;
}

/**
 * Stores what is downloaded in a session's browser, as soon as it is complete: the browser's own copy goes with it.
 * Closing it waits for what is being stored.
 */
export async function keepDownloads(options: KeepDownloadsOptions): Promise<BrowserWatch> {
  const { chromium, log } = options;
  const storing = new Set<Promise<void>>();
  const onDownload = (download: FinishedDownload) => {
    const stored = store(options, download)
      .catch((error: unknown) => log.warn({ err: error }, "a download of the session could not be stored"))
      .finally(() => storing.delete(stored));
    storing.add(stored);
  };
  const watch = await watchBrowser({ ...chromium, onDownload });
  const settled = () => Promise.all(storing);
  return {
    renew: watch.renew,
    async collect() {
      await watch.collect();
      await settled();
    },
    async [Symbol.asyncDispose]() {
      await watch[Symbol.asyncDispose]();
      await watch
        .collect()
        .catch((error: unknown) => log.warn({ err: error }, "downloads were not looked for"));
      await settled();
    },
  };
}

async function store(
  { sessionId, artifacts, files }: KeepDownloadsOptions,
  { path, suggestedName, url }: FinishedDownload,
): Promise<void> {
  const { name, bytes } = await artifacts.put(sessionId, suggestedName, createReadStream(path), {
    kind: "download",
  });
  await files.add(sessionId, {
    kind: "download",
    name,
    suggestedName,
    url: plainUrl(url),
    bytes,
    durationMs: null,
  });
  await rm(path, { force: true });
}
