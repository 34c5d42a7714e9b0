import { stat } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../../failure.ts";
import type { Logger } from "../../log.ts";
import { type SandboxSetting, wantsSandbox } from "../sandbox.ts";
import { removeChromiumFolder } from "../worker-folder.ts";
import { encodeVideo } from "./encode-video.ts";
import type { CapturedFrames } from "./start-recording.ts";

export interface Video {
  /** An MP4 (H.264) that begins to play before all of it is there. */
  file: string;
  bytes: number;
  durationMs: number;
}

/** Makes videos of recordings, one after another, by a Chromium that gives way to everything else. */
export interface VideoMaker extends AsyncDisposable {
  /**
   * Makes a video beside the pictures, gives it to `keep`, and removes both. Resolves when all that is done.
   * @throws Failure `browser_unavailable`; Error when the pictures cannot be read or encoded, or it is closed
   */
  make(recorded: RecordedSession, keep: (video: Video) => Promise<void>): Promise<void>;
}

export interface RecordedSession {
  frames: CapturedFrames;
  /** The recording's own folder. */
  dir: string;
}

export function createVideoMaker({
  executablePath,
  sandbox: setting,
  log,
}: {
  executablePath: () => string;
  sandbox: SandboxSetting;
  log: Logger;
}): VideoMaker {
  const closing = new AbortController();
  let turn: Promise<unknown> = Promise.resolve();

  const make = async ({ frames, dir }: RecordedSession): Promise<Video> => {
    closing.signal.throwIfAborted();
    const file = join(dir, "video.mp4");
    const startedAt = performance.now();
    const path = executablePath();
    const encode = (sandbox: boolean) =>
      encodeVideo({ frames, file, executablePath: path, sandbox, signal: closing.signal, log });
    const sandbox = wantsSandbox({ setting, executablePath: path });
    await encode(sandbox).catch(async (error: unknown) => {
      // Only a start tells whether a container's rules let the sandbox work.
      const isUnstarted = error instanceof Failure && error.code === "browser_unavailable";
      if (!sandbox || setting !== "auto" || !isUnstarted) throw error;
      await encode(false);
    });
    const { size: bytes } = await stat(file);
    const tookMs = Math.round(performance.now() - startedAt);
    log.info({ frames: frames.count, bytes, tookMs }, "a recording became a video");
    return { file, bytes, durationMs: frames.durationMs };
  };

  return {
    make(recorded, keep) {
      const made = turn.then(async () => {
        try {
          await keep(await make(recorded));
        } finally {
          await removeChromiumFolder(recorded.dir);
        }
      });
      turn = made.catch(() => undefined);
      return made;
    },
    async [Symbol.asyncDispose]() {
      closing.abort(new Error("The process stops: no more videos are made."));
      await turn;
    },
  };
}
