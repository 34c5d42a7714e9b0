import { createReadStream } from "node:fs";
import { rm } from "node:fs/promises";
import type { Artifacts } from "../artifacts.ts";
import type { DownloadLimit } from "../browser/handed-out/download-limit.ts";
import { type BrowserWatch, type FinishedDownload, watchBrowser } from "../browser/handed-out/watch.ts";
import { plainUrl } from "../browser/plain-url.ts";
import type { Logger } from "../log.ts";
import type { SessionFiles } from "./session-files.ts";

export interface KeepDownloadsOptions {
  sessionId: string;
  chromium: { endpoint: string; downloadsDir: string };
  artifacts: Artifacts;
  files: SessionFiles;
  /** No download is let through. */
  denied: boolean;
  log: Logger;
}

/** More than people and their scripts take home from one session, and too little to fill a disk with one. */
const limit: DownloadLimit = { bytes: 2 * 1_024 ** 3, files: 1_000 };

/**
 * Stores what is downloaded in a session's browser, as soon as it is complete: the browser's own copy goes with it.
 * Closing it waits for what is being stored.
 */
export async function keepDownloads(options: KeepDownloadsOptions): Promise<BrowserWatch> {
  const { chromium, denied, log } = options;
  const storing = new Set<Promise<void>>();
  const onDownload = (download: FinishedDownload) => {
    const stored = store(options, download)
      .catch((error: unknown) => log.warn({ err: error }, "a download of the session could not be stored"))
      .finally(() => storing.delete(stored));
    storing.add(stored);
  };
  // Said once: a page can begin any number.
  let wasSaid = false;
  const onRefused = () => {
    if (!wasSaid && !denied)
      log.warn({ ...limit }, "the session has downloaded all that it may: further downloads are cancelled");
    wasSaid = true;
  };
  const watch = await watchBrowser({
    ...chromium,
    limit: denied ? undefined : limit,
    onDownload,
    onRefused,
  });
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
