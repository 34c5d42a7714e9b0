import { Worker } from "node:worker_threads";
import { Secret } from "../../secret.ts";
import { pictureSize } from "./picture-size.ts";

/** Phones take pictures of 12 to 50 megapixels; larger ones are made to fill memory. */
const mostPixels = 64_000_000;
const longestMs = 15_000;

/** What was found in a picture. */
export type QrCode = { ok: true; text: Secret } | { ok: false; fault: "no picture" | "no code" };

/** Reads QR codes, one picture at a time, in a thread of its own: a large picture holds up nobody else. */
export interface QrReader {
  read(picture: Buffer): Promise<QrCode>;
}

export function createQrReader(): QrReader {
  let last: Promise<unknown> = Promise.resolve();
  return {
    read(picture) {
      const size = pictureSize(picture);
      if (size === undefined || size.width * size.height > mostPixels)
        return Promise.resolve({ ok: false, fault: "no picture" });
      const reading = last.then(() => readInThread(picture));
      last = reading;
      return reading;
    },
  };
}

async function readInThread(picture: Buffer): Promise<QrCode> {
  const thread = new Worker(new URL("./qr-thread.ts", import.meta.url), {
    workerData: Uint8Array.from(picture),
    env: {},
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
