import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { connectRaw } from "../screencast/raw-connection.ts";
import { countDownloads, type DownloadLimit } from "./download-limit.ts";

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
const progressSchema = z.object({ guid: z.string(), state: z.string(), receivedBytes: z.number() });
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
  limit,
  onDownload,
  onRefused,
}: {
  endpoint: string;
  downloadsDir: string;
  /** Downloads beyond it are cancelled; undefined where none are let through at all. */
  limit: DownloadLimit | undefined;
  onDownload: (download: FinishedDownload) => void;
  /** Told of each download that went beyond the limit. */
  onRefused: () => void;
}): Promise<BrowserWatch> {
  const connection = await connectRaw(endpoint);
  const begun = new Map<string, z.output<typeof begunSchema>>();
  const told = new Set<string>();
  const pages = new Set<string>();
  const refused = new Set<string>();
  const count = countDownloads(limit ?? { bytes: 0, files: 0 });

  const isWithin = (guid: string, bytes: number): boolean => {
    if (refused.has(guid)) return false;
    if (count.note(guid, bytes)) return true;
    count.forget(guid);
    refused.add(guid);
    onRefused();
    connection.send("Browser.cancelDownload", { guid }).catch(() => undefined);
    return false;
  };
  const tell = (name: string) => {
    if (told.has(name)) return;
    told.add(name);
    const { suggestedFilename: suggestedName = name, url = "" } = begun.get(name) ?? {};
    begun.delete(name);
    onDownload({ path: join(downloadsDir, name), suggestedName, url });
  };
  const discard = (name: string) => {
    told.add(name);
    void rm(join(downloadsDir, name), { force: true }).catch(() => undefined);
  };
  const onProgress = (params: unknown) => {
    const { guid, state, receivedBytes } = progressSchema.parse(params);
    if (state === "canceled") {
      begun.delete(guid);
      count.forget(guid);
    } else if (!isWithin(guid, receivedBytes)) {
      // What had come to its end cannot be cancelled.
      if (state === "completed" && guidPattern.test(guid)) discard(guid);
    } else if (state === "completed" && guidPattern.test(guid)) tell(guid);
  };
  const onGone = (params: unknown) => {
    if (!pages.delete(goneSchema.parse(params).targetId) || pages.size > 0) return;
    // Where the browser is about to go itself, nobody needs a page.
    connection.send("Target.createTarget", { url: "about:blank" }).catch(() => undefined);
  };
  connection.onEvent(undefined, ({ method, params }) => {
    if (method === "Browser.downloadWillBegin") {
      const download = begunSchema.parse(params);
      if (isWithin(download.guid, 0)) begun.set(download.guid, download);
    } else if (method === "Browser.downloadProgress") onProgress(params);
    else if (method === "Target.targetCreated") {
      const { targetId, type } = targetSchema.parse(params).targetInfo;
      if (type === "page") pages.add(targetId);
    } else if (method === "Target.targetDestroyed") onGone(params);
  });
  const sendDownloadsHere = () =>
    connection.send("Browser.setDownloadBehavior", {
      ...(limit === undefined
        ? { behavior: "deny" }
        : { behavior: "allowAndName", downloadPath: downloadsDir }),
      eventsEnabled: true,
    });
  await Promise.all([sendDownloadsHere(), connection.send("Target.setDiscoverTargets", { discover: true })]);
  return {
    renew: () => void sendDownloadsHere().catch(() => undefined),
    async collect() {
      const entries = await readdir(downloadsDir, { withFileTypes: true });
      for (const { name } of entries.filter((entry) => entry.isFile() && !unfinished.test(entry.name))) {
        if (told.has(name)) continue;
        const size = await stat(join(downloadsDir, name)).catch(() => undefined);
        if (size === undefined) continue;
        if (isWithin(name, size.size)) tell(name);
        else discard(name);
      }
    },
    [Symbol.asyncDispose]: () => connection.close(),
  };
}
