import { isDeepStrictEqual } from "node:util";
import type { Page } from "playwright-core";
import type { Logger } from "../../log.ts";
import type { SandboxSetting } from "../sandbox.ts";
import { type Connection, connectTo } from "./connect.ts";
import { type ChromiumShape, type HandedOutChromium, launchHandedOut } from "./launch.ts";

/** A Chromium that nobody was in yet, with our connection to it and a blank page. All are its taker's to close. */
export interface StartedChromium {
  chromium: HandedOutChromium;
  connection: Connection;
  page: Page;
}

/**
 * Chromiums started ahead: starting one is the dearest part of handing a browser out, and needs nothing of whom it will
 * be for. Each is used once.
 */
export interface ChromiumPool extends AsyncDisposable {
  /** One of this shape: one that is ready, where there is one. @throws Failure `browser_unavailable` */
  take(shape: ChromiumShape): Promise<StartedChromium>;
  /** Starts, in the background, as many as are to be ready. */
  fill(): void;
}

/** The shape that most ask for: what is started ahead. */
export const usualShape: ChromiumShape = { window: { width: 1_440, height: 900 } };

export interface ChromiumPoolOptions {
  executablePath: () => string;
  sandbox: SandboxSetting;
  /** How many are to be ready; 0 for none. */
  size: number;
  log: Logger;
}

export function createChromiumPool({
  executablePath,
  sandbox,
  size,
  log,
}: ChromiumPoolOptions): ChromiumPool {
  const ready: Promise<StartedChromium | undefined>[] = [];
  let closed = false;

  const start = async (shape: ChromiumShape): Promise<StartedChromium> => {
    const chromium = await launchHandedOut({ executablePath: executablePath(), sandbox, log, ...shape });
    try {
      const connection = await connectTo(chromium.endpoint);
      return { chromium, connection, page: await connection.context.newPage() };
    } catch (error) {
      await chromium.close();
      throw error;
    }
  };

  const close = async (started: StartedChromium | undefined) => {
    try {
      await started?.connection[Symbol.asyncDispose]();
    } finally {
      await started?.chromium.close();
    }
  };

  return {
    async take(shape) {
      while (isDeepStrictEqual(shape, usualShape) && ready.length > 0) {
        const started = await ready.shift();
        if (started !== undefined && !started.chromium.lost.aborted) return started;
        await close(started);
      }
      return await start(shape);
    },
    fill() {
      while (!closed && ready.length < size) {
        ready.push(
          start(usualShape).catch((error: unknown) => {
            // Whoever wants one next starts one, and is told why it cannot be had.
            log.debug({ err: error }, "no Chromium could be started ahead");
            return undefined;
          }),
        );
      }
    },
    async [Symbol.asyncDispose]() {
      closed = true;
      await Promise.all(ready.splice(0).map(async (started) => close(await started)));
    },
  };
}
