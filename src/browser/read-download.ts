import { createReadStream, existsSync } from "node:fs";
import { Readable } from "node:stream";
import type { CDPSession, Download } from "playwright-core";
import { Failure } from "../failure.ts";

/**
 * What was downloaded, as a stream. A browser on this machine has put it on our disk. One on another machine keeps
 * it there, where nobody can get at it: it is then asked to fetch the same again, which it streams to us.
 * @throws what Playwright throws when the download failed or was cancelled; Failure `flow_failed` when a remote
 * browser cannot fetch it again, as with the answer to a form
 */
export async function readDownload(download: Download): Promise<Readable> {
  // Resolves once the download is complete.
  const path = await download.path();
  if (existsSync(path)) return createReadStream(path);
  return Readable.from(readFromBrowser(download));
}

async function* readFromBrowser(download: Download): AsyncGenerator<Buffer> {
  const [page] = download.page().isClosed() ? download.page().context().pages() : [download.page()];
  if (page === undefined) throw notAgain();
  const session = await page.context().newCDPSession(page);
  try {
    const url = download.url();
    const handle = url.startsWith("blob:") ? await openBlob(session, url) : await fetchAgain(session, url);
    for (;;) {
      const { data, base64Encoded, eof } = await session.send("IO.read", { handle, size: 2 ** 20 });
      if (data !== "") yield Buffer.from(data, base64Encoded === true ? "base64" : "utf8");
      if (eof) break;
    }
    await session.send("IO.close", { handle });
  } finally {
    await session.detach().catch(() => undefined);
  }
}

async function fetchAgain(session: CDPSession, url: string): Promise<string> {
  const { frameTree } = await session.send("Page.getFrameTree");
  const { resource } = await session.send("Network.loadNetworkResource", {
    frameId: frameTree.frame.id,
    url,
    options: { disableCache: false, includeCredentials: true },
  });
  const headers = new Map(
    Object.entries(resource.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
  );
  // A page in place of the file is what a site answers when the file was made for a form that was posted.
  const isFile =
    /^\s*attachment/i.test(headers.get("content-disposition") ?? "") ||
    !/html/i.test(headers.get("content-type") ?? "");
  const isOk = resource.httpStatusCode === undefined || resource.httpStatusCode < 300;
  if (!resource.success || resource.stream === undefined || !isOk || !isFile) throw notAgain();
  return resource.stream;
}

async function openBlob(session: CDPSession, url: string): Promise<string> {
  const { result } = await session.send("Runtime.evaluate", {
    expression: `fetch(${JSON.stringify(url)}).then((response) => response.blob())`,
    awaitPromise: true,
  });
  if (result.objectId === undefined) throw notAgain();
  const { uuid } = await session.send("IO.resolveBlob", { objectId: result.objectId });
  return `blob:${uuid}`;
}

function notAgain(): Failure {
  return new Failure(
    "flow_failed",
    "The browser runs on another machine, which keeps the download, and could not fetch it a second time.",
  );
}
