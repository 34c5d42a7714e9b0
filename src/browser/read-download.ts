import { createReadStream, existsSync } from "node:fs";
import { Readable } from "node:stream";
import type { BrowserContext, CDPSession, Download } from "playwright-core";
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
    if (handle === undefined) yield* visitAgain(page.context(), url);
    else yield* readStream(session, handle);
  } finally {
    await session.detach().catch(() => undefined);
  }
}

async function* readStream(session: CDPSession, handle: string): AsyncGenerator<Buffer> {
  for (;;) {
    const { data, base64Encoded, eof } = await session.send("IO.read", { handle, size: 2 ** 20 });
    if (data !== "") yield Buffer.from(data, base64Encoded === true ? "base64" : "utf8");
    if (eof) break;
  }
  await session.send("IO.close", { handle });
}

/** As the page itself would fetch it; undefined where its Content Security Policy forbids it that. */
async function fetchAgain(session: CDPSession, url: string): Promise<string | undefined> {
  const { frameTree } = await session.send("Page.getFrameTree");
  const answer = await session
    .send("Network.loadNetworkResource", {
      frameId: frameTree.frame.id,
      url,
      options: { disableCache: false, includeCredentials: true },
    })
    .catch((error: unknown) => {
      if (error instanceof Error && error.message.includes("CSP violation")) return undefined;
      throw error;
    });
  if (answer === undefined) return undefined;
  const { resource } = answer;
  const isOk = resource.httpStatusCode === undefined || resource.httpStatusCode < 300;
  const headers = Object.entries(resource.headers ?? {}).map(([name, value]) => ({
    name,
    value: String(value),
  }));
  if (!resource.success || resource.stream === undefined || !isOk || !isFile(headers)) throw notAgain();
  return resource.stream;
}

/** As somebody would who opened its address in a new tab, whose answer is taken before the tab sees it. */
async function* visitAgain(context: BrowserContext, url: string): AsyncGenerator<Buffer> {
  const page = await context.newPage();
  try {
    const session = await context.newCDPSession(page);
    await session.send("Fetch.enable", { patterns: [{ requestStage: "Response" }] });
    const answer = Promise.withResolvers<{ requestId: string }>();
    session.on("Fetch.requestPaused", ({ requestId, responseStatusCode = 0, responseHeaders = [] }) => {
      if (responseStatusCode >= 300 && responseStatusCode < 400)
        session.send("Fetch.continueRequest", { requestId }).catch(answer.reject);
      else if (responseStatusCode >= 200 && responseStatusCode < 300 && isFile(responseHeaders))
        answer.resolve({ requestId });
      else answer.reject(notAgain());
    });
    // Its own answer comes with the tab's, which there is not.
    session.send("Page.navigate", { url }).catch(answer.reject);
    const { requestId } = await answer.promise;
    const { stream } = await session.send("Fetch.takeResponseBodyAsStream", { requestId });
    yield* readStream(session, stream);
  } finally {
    await page.close();
  }
}

/** A page in place of the file is what a site answers when the file was made for a form that was posted. */
function isFile(headers: readonly { name: string; value: string }[]): boolean {
  const valueOf = (wanted: string) => headers.find(({ name }) => name.toLowerCase() === wanted)?.value ?? "";
  return /^\s*attachment/i.test(valueOf("content-disposition")) || !/html/i.test(valueOf("content-type"));
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
