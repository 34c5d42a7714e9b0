import { join } from "node:path";
import type { Logger } from "../../log.ts";
import { openBrowserPages } from "../screencast/browser-pages.ts";
import { followPages } from "../screencast/follow-pages.ts";
import { type Frame, type FrameStream, streamFrames } from "../screencast/frames.ts";
import { createFrameFile } from "./frame-file.ts";

/** Pictures of a browser, taken. */
export interface CapturedFrames {
  /** The file of them, in the folder that was given. */
  path: string;
  count: number;
  durationMs: number;
}

/** A browser being recorded. */
export interface Recording {
  /** Takes no more pictures. Quick, idempotent, and never rejects; undefined where there is nothing to be seen. */
  stop(): Promise<CapturedFrames | undefined>;
}

export interface RecordingOptions {
  /** `ws://127.0.0.1:…/devtools/browser/…` */
  endpoint: string;
  /** A folder of the recording's own; whoever gives it removes it. */
  dir: string;
  log: Logger;
  /** The most its pictures may take on disk, in bytes. It then stops, and the log says so. */
  mostBytes?: number;
}

const size = { width: 1_280, height: 1_280 };
const quality = 60;
/** A page that moves all the time is recorded at this rate; one that stands still costs nothing. */
const mostPerSecond = 8;
const defaultMostBytes = 300 * 2 ** 20;

/**
 * Records what a browser shows, from the page that matters to the next, beside whoever drives it. Password fields show
 * dots, as they do on a screen; what else is typed is seen: record nothing while somebody signs in.
 * @throws Error when the browser does not answer, or nothing can be written
 */
export async function startRecording({
  endpoint,
  dir,
  log,
  mostBytes = defaultMostBytes,
}: RecordingOptions): Promise<Recording> {
  await using opening = new AsyncDisposableStack();
  const path = join(dir, "frames.bin");
  const file = opening.use(await createFrameFile(path));
  const pages = await openBrowserPages(endpoint);
  opening.defer(() => pages.close());
  const startedAt = Date.now();
  let stream: FrameStream | undefined;
  let latestMs = 0;
  let isFull = false;
  let writing: Promise<void> = Promise.resolve();

  const write = async (frame: Frame, dealtWith: () => void) => {
    if (isFull) return;
    // Chromium's clock and ours are the same one, but for what the picture took; time goes forward only.
    latestMs = Math.max(latestMs + 1, frame.paintedAt - startedAt);
    try {
      await file.append({ atMs: latestMs, jpeg: frame.jpeg });
      isFull = file.bytes >= mostBytes;
      if (isFull)
        log.warn({ bytes: file.bytes }, "the recording is as large as it may be and goes on no longer");
      // A stream that is not told is given no more pictures, and takes none.
      else dealtWith();
    } catch (error) {
      isFull = true;
      log.warn({ err: error }, "the recording cannot be written and goes on no longer");
    }
  };

  const follower = await followPages({
    pages,
    async onPage(page) {
      await stream?.stop();
      stream = undefined;
      if (page === undefined || isFull) return;
      try {
        stream = await streamFrames(page.connection, {
          size,
          quality,
          mostPerSecond,
          room: 2,
          onFrame(frame, dealtWith) {
            writing = writing.then(() => write(frame, dealtWith));
          },
        });
      } catch (error) {
        log.debug({ err: error }, "a page is not in the recording");
      }
    },
  });
  const opened = opening.move();

  const stop = async (): Promise<CapturedFrames | undefined> => {
    const durationMs = Math.max(Date.now() - startedAt, latestMs + 1);
    try {
      await stream?.stop();
      await follower.close();
      await writing;
      await opened.disposeAsync();
    } catch (error) {
      log.debug({ err: error }, "the recording did not stop well");
    }
    return file.count === 0 ? undefined : { path, count: file.count, durationMs };
  };
  let stopping: ReturnType<typeof stop> | undefined;
  return { stop: () => (stopping ??= stop()) };
}
