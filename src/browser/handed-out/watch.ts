import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { connectRaw } from "../screencast/raw-connection.ts";

/** A file that a page of the browser gave to download, complete. */
export interface FinishedDownload {
  /** Where it is now, until the browser is gone. */
  path: string;
  /** As the site would have it called: not safe as a file's name. */
  suggestedName: string;
  url: string;
}

/** Our eye on a browser that others drive. Closing it leaves the browser. */
export interface BrowserWatch extends AsyncDisposable {
  /** Call it when a client has left: the browser forgets where downloads go with whoever said so last. */
  renew(): void;
  /** Tells of downloads that became complete in such a moment, which the browser tells nobody of. */
  collect(): Promise<void>;
}

const begunSchema = z.object({ guid: z.string(), url: z.string(), suggestedFilename: z.string() });
const progressSchema = z.object({ guid: z.string(), state: z.string() });
const targetSchema = z.object({ targetInfo: z.object({ targetId: z.string(), type: z.string() }) });
const goneSchema = z.object({ targetId: z.string() });
/** What Chromium calls a file that it is still writing. */
const unfinished = /\.crdownload$/;
/** The names the browser gives files are made of these. */
const guidPattern = /^[\w-]+$/;

/**
 * Tells of downloads, which go to `downloadsDir` under names of the browser's own, and sees to it that there is always a
 * page: clients come to a browser and take its first one, and a window ends with its last.
 */
export async function watchBrowser({
  endpoint,
  downloadsDir,
  onDownload,
}: {
  endpoint: string;
  downloadsDir: string;
  onDownload: (download: FinishedDownload) => void;
}): Promise<BrowserWatch> {
  const connection = await connectRaw(endpoint);
  const begun = new Map<string, z.output<typeof begunSchema>>();
  const told = new Set<string>();
  const pages = new Set<string>();

  const tell = (name: string) => {
    if (told.has(name)) return;
    told.add(name);
    const { suggestedFilename: suggestedName = name, url = "" } = begun.get(name) ?? {};
    begun.delete(name);
    onDownload({ path: join(downloadsDir, name), suggestedName, url });
  };
  const onProgress = (params: unknown) => {
    const { guid, state } = progressSchema.parse(params);
    if (state === "completed" && guidPattern.test(guid)) tell(guid);
    else if (state === "canceled") begun.delete(guid);
  };
  const onGone = (params: unknown) => {
    if (!pages.delete(goneSchema.parse(params).targetId) || pages.size > 0) return;
    // Where the browser is about to go itself, nobody needs a page.
    connection.send("Target.createTarget", { url: "about:blank" }).catch(() => undefined);
  };
  connection.onEvent(undefined, ({ method, params }) => {
    if (method === "Browser.downloadWillBegin") {
      const download = begunSchema.parse(params);
      begun.set(download.guid, download);
    } else if (method === "Browser.downloadProgress") onProgress(params);
    else if (method === "Target.targetCreated") {
      const { targetId, type } = targetSchema.parse(params).targetInfo;
      if (type === "page") pages.add(targetId);
    } else if (method === "Target.targetDestroyed") onGone(params);
  });
  const sendDownloadsHere = () =>
    connection.send("Browser.setDownloadBehavior", {
      behavior: "allowAndName",
      downloadPath: downloadsDir,
      eventsEnabled: true,
    });
  await Promise.all([sendDownloadsHere(), connection.send("Target.setDiscoverTargets", { discover: true })]);
  return {
    renew: () => void sendDownloadsHere().catch(() => undefined),
    async collect() {
      const entries = await readdir(downloadsDir, { withFileTypes: true });
      for (const { name } of entries.filter((entry) => entry.isFile() && !unfinished.test(entry.name)))
        tell(name);
    },
    [Symbol.asyncDispose]: () => connection.close(),
  };
}
