import { open, readFile } from "node:fs/promises";
import { setPriority } from "node:os";
import { fileURLToPath } from "node:url";
import type { BrowserContext, Route } from "playwright-core";
import type { Logger } from "../../log.ts";
import { untilAborted } from "../../until-aborted.ts";
import { launchChromium } from "../launch-chromium.ts";
import { processesOfGroup } from "../processes.ts";
import { encodeInPage } from "./encode-in-page.ts";
import { type RecordedFrame, readFrameFile } from "./frame-file.ts";
import type { CapturedFrames } from "./start-recording.ts";

export interface EncodeOptions {
  frames: CapturedFrames;
  file: string;
  executablePath: string;
  sandbox: boolean;
  signal: AbortSignal;
  log: Logger;
}

/** Encoders are for pages of a secure origin; this one is on no network, and every request to it is answered here. */
const origin = "https://recording.invalid";
const pageHtml = `<!doctype html><script type="module">
import * as mediabunny from "/mediabunny.js";
window.mediabunny = mediabunny;
</script>`;
/** About as many bytes of pictures go to the page at a time. */
const batchBytes = 2 * 2 ** 20;
/** A picture that stands longer is repeated, so that players can seek in it. */
const longestFrameMs = 2_000;
/** Gives way to everything else: sessions and runs go on meanwhile. */
const niceness = 15;

/**
 * Makes a video of a recording's pictures, each shown for as long as it stood. The encoder is Chromium's own, so that no
 * other program is needed.
 * @throws Failure `browser_unavailable`; Error when it cannot be done
 */
export async function encodeVideo({
  frames,
  file,
  executablePath,
  sandbox,
  signal,
  log,
}: EncodeOptions): Promise<void> {
  await using opened = new AsyncDisposableStack();
  const chromium = await launchChromium({ executablePath, sandbox, headed: false, slowMoMs: 0, log });
  opened.defer(() => chromium.close());
  await giveWay(chromium.group);
  const context = await chromium.browser.newContext();
  const output = await openOutput(file);
  opened.defer(() => output.close());
  const recorded = readFrameFile(frames.path);
  opened.defer(async () => {
    await recorded.return(undefined);
  });
  await serve(context, recorded);
  await context.exposeBinding("keep", (_source, position: number, base64: string) =>
    output.write(Buffer.from(base64, "base64"), 0, null, position).then(() => undefined),
  );
  const page = await context.newPage();
  await page.goto(`${origin}/`);
  const { durationMs, count } = frames;
  const mostPackets = count + Math.ceil(durationMs / longestFrameMs) + 1;
  await untilAborted(signal, () => page.evaluate(encodeInPage, { durationMs, mostPackets, longestFrameMs }));
}

const openOutput = (file: string) => open(file, "wx", 0o600);

async function giveWay(group: number): Promise<void> {
  // Those that start from here on take it after those that start them.
  for (const { pid } of await processesOfGroup(group)) {
    try {
      setPriority(pid, niceness);
    } catch {
      // It has ended meanwhile.
    }
  }
}

/** Answers the page: the library, and the pictures, a batch at each request. */
async function serve(context: BrowserContext, frames: AsyncGenerator<RecordedFrame>): Promise<void> {
  const library = await readFile(
    fileURLToPath(new URL("../../bundles/mediabunny.min.mjs", import.meta.resolve("mediabunny"))),
  );
  const answers: Record<string, (route: Route) => Promise<void>> = {
    "/": (route) => route.fulfill({ contentType: "text/html", body: pageHtml }),
    "/mediabunny.js": (route) => route.fulfill({ contentType: "text/javascript", body: library }),
    "/frames": async (route) =>
      route.fulfill({ contentType: "application/octet-stream", body: await nextBatch(frames) }),
  };
  await context.route("**/*", async (route) => {
    const { origin: asked, pathname } = new URL(route.request().url());
    const answer = asked === origin ? answers[pathname] : undefined;
    await (answer === undefined ? route.abort() : answer(route));
  });
}

/** Pictures as they stand in the file; empty at its end. */
async function nextBatch(frames: AsyncGenerator<RecordedFrame>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (let bytes = 0; bytes < batchBytes; ) {
    const next = await frames.next();
    if (next.done === true) break;
    const { atMs, jpeg } = next.value;
    const header = Buffer.alloc(12);
    header.writeUInt32BE(jpeg.length);
    header.writeDoubleBE(atMs, 4);
    parts.push(header, jpeg);
    bytes += jpeg.length;
  }
  return Buffer.concat(parts);
}
