import { Worker } from "node:worker_threads";
import { Failure } from "../../failure.ts";
import { Secret } from "../../secret.ts";
import { pictureSize } from "./picture-size.ts";

/** Phones take pictures of 12 to 50 megapixels; larger ones are made to fill memory. */
const mostPixels = 64_000_000;
const longestMs = 15_000;
/** Pictures that wait, the one that is read included. */
const mostWaiting = 5;
/** When to come again where so many do, in milliseconds. */
const comeAgainMs = 5_000;
/** The picture itself is decoded outside this heap; `mostPixels` bounds that. */
const resourceLimits = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 32 };

/** What was found in a picture. */
export type QrCode = { ok: true; text: Secret } | { ok: false; fault: "no picture" | "no code" };

/** Reads QR codes, one picture at a time, in a thread of its own: a large picture holds up nobody else. */
export interface QrReader {
  /** @throws Failure `too_many_requests` where the visit has a picture waiting, or there are many */
  read(picture: Buffer, visitId: string): Promise<QrCode>;
}

export function createQrReader(): QrReader {
  let last: Promise<unknown> = Promise.resolve();
  const waiting = new Set<string>();
  return {
    async read(picture, visitId) {
      const size = pictureSize(picture);
      if (size === undefined || size.width * size.height > mostPixels)
        return { ok: false, fault: "no picture" };
      if (waiting.has(visitId) || waiting.size >= mostWaiting)
        throw new Failure("too_many_requests", "Too many pictures are waiting to be read.", {
          retryAfterMs: comeAgainMs,
        });
      waiting.add(visitId);
      const reading = last.then(() => readInThread(picture)).finally(() => waiting.delete(visitId));
      // One that could not be begun is no other's fault.
      last = reading.catch(() => undefined);
      return await reading;
    },
  };
}

async function readInThread(picture: Buffer): Promise<QrCode> {
  const thread = new Worker(new URL("./qr-thread.ts", import.meta.url), {
    workerData: Uint8Array.from(picture),
    env: {},
    resourceLimits,
    stdin: false,
  });
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  thread.once("message", (text: unknown) => resolve(typeof text === "string" ? text : undefined));
  thread.once("error", () => resolve(undefined));
  thread.once("exit", () => resolve(undefined));
  const timer = setTimeout(() => resolve(undefined), longestMs);
  const text = await promise;
  clearTimeout(timer);
  await thread.terminate();
  return text === undefined ? { ok: false, fault: "no code" } : { ok: true, text: new Secret(text) };
}
