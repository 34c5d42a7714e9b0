import { z } from "zod";
import type { PageConnection } from "./connection.ts";

/** A picture of a page, and how its points lie in the page's window. */
export interface Frame {
  jpeg: Buffer;
  /** The window's size in CSS pixels, which the picture is scaled from. */
  width: number;
  height: number;
  /** How much of the picture's top is not the page's, in CSS pixels. */
  offsetTop: number;
  /** When it was painted, in milliseconds since the epoch. */
  paintedAt: number;
}

export interface FrameOptions {
  /** The largest picture that is of use, in pixels. */
  size: { width: number; height: number };
  /** 0 to 100. */
  quality: number;
  mostPerSecond: number;
  /** How many may be given out and not dealt with. */
  room: number;
  /** @param dealtWith to be called once the receiver has room for another */
  onFrame(frame: Frame, dealtWith: () => void): void;
}

/** A page's pictures, as often as it changes and whoever looks can take them. */
export interface FrameStream {
  /** @throws Error when the page has gone */
  resize(size: FrameOptions["size"]): Promise<void>;
  stop(): Promise<void>;
}

const frameSchema = z.object({
  data: z.string(),
  sessionId: z.number(),
  metadata: z.object({
    offsetTop: z.number(),
    deviceWidth: z.number(),
    deviceHeight: z.number(),
    timestamp: z.number().optional(),
  }),
});

/** How many frames Chromium sends unacknowledged. After that it drops what it paints. */
const mostUnacknowledged = 3;
/** How long a page that was painted faster than it was looked at stands still before its last state is asked for. */
const settledMs = 250;

/**
 * Streams a page's pictures. Chromium is told that it may paint another only when there is room for it, so that a slow
 * receiver gets fewer pictures, and never old ones. What it painted meanwhile it drops, the last one too: once the page
 * stands still the screencast is started anew, which gives that one.
 * @throws Error when the page has gone
 */
export async function streamFrames(page: PageConnection, options: FrameOptions): Promise<FrameStream> {
  const { quality, mostPerSecond, onFrame } = options;
  let { size, room } = options;
  let newest: Frame | undefined;
  let owed: number[] = [];
  let mayHaveDropped = false;
  let acknowledgedAt = 0;
  let pacing: NodeJS.Timeout | undefined;
  let settling: NodeJS.Timeout | undefined;
  let isStopped = false;

  const start = () =>
    page.send("Page.startScreencast", {
      format: "jpeg",
      quality,
      maxWidth: size.width,
      maxHeight: size.height,
    });
  const restart = async () => {
    owed = [];
    mayHaveDropped = false;
    await page.send("Page.stopScreencast");
    if (!isStopped) await start();
  };
  const settle = () => {
    clearTimeout(settling);
    if (!mayHaveDropped || owed.length > 0 || isStopped) return;
    // A page that has gone meanwhile needs no picture.
    settling = setTimeout(() => void restart().catch(() => undefined), settledMs);
  };
  const acknowledge = () => {
    if (pacing !== undefined || room <= 0 || owed.length === 0 || isStopped) return;
    const pause = Math.max(0, acknowledgedAt + 1_000 / mostPerSecond - performance.now());
    pacing = setTimeout(() => {
      pacing = undefined;
      if (isStopped) return;
      const sessionId = owed.shift();
      acknowledgedAt = performance.now();
      if (sessionId !== undefined) page.send("Page.screencastFrameAck", { sessionId }).catch(() => undefined);
      acknowledge();
      settle();
    }, pause);
  };
  const give = () => {
    if (newest === undefined || room <= 0) return;
    const frame = newest;
    newest = undefined;
    room -= 1;
    let isDealtWith = false;
    onFrame(frame, () => {
      if (isDealtWith) return;
      isDealtWith = true;
      room += 1;
      give();
      acknowledge();
    });
  };

  const listening = page.onEvent(({ method, params }) => {
    if (method !== "Page.screencastFrame" || isStopped) return;
    const { data, sessionId, metadata } = frameSchema.parse(params);
    owed.push(sessionId);
    if (owed.length >= mostUnacknowledged) mayHaveDropped = true;
    newest = {
      jpeg: Buffer.from(data, "base64"),
      width: metadata.deviceWidth,
      height: metadata.deviceHeight,
      offsetTop: metadata.offsetTop,
      paintedAt: metadata.timestamp === undefined ? Date.now() : metadata.timestamp * 1_000,
    };
    give();
    acknowledge();
    settle();
  });
  try {
    await start();
  } catch (error) {
    listening[Symbol.dispose]();
    throw error;
  }

  return {
    async resize(wanted) {
      size = wanted;
      await restart();
    },
    async stop() {
      isStopped = true;
      listening[Symbol.dispose]();
      clearTimeout(pacing);
      clearTimeout(settling);
      await page.send("Page.stopScreencast").catch(() => undefined);
    },
  };
}
