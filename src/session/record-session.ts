import { createReadStream } from "node:fs";
import type { Artifacts } from "../artifacts.ts";
import { type Recording, startRecording } from "../browser/recording/start-recording.ts";
import type { Video, VideoMaker } from "../browser/recording/video-maker.ts";
import { createChromiumFolder, removeChromiumFolder } from "../browser/worker-folder.ts";
import type { Logger } from "../log.ts";
import type { SessionFiles } from "./session-files.ts";

export interface RecordSessionOptions {
  sessionId: string;
  /** `ws://127.0.0.1:…/devtools/browser/…` */
  endpoint: string;
  artifacts: Artifacts;
  files: SessionFiles;
  videos: () => Promise<VideoMaker>;
  log: Logger;
}

/**
 * Records a session until disposed of, which waits for the last picture only: the video is made afterwards, and is among
 * the session's files then. A recording that fails is no reason to end a session: the log says so.
 */
export function recordSession(options: RecordSessionOptions): AsyncDisposable {
  const { endpoint, log } = options;
  const started = start(endpoint, log).catch((error: unknown) => {
    log.warn({ err: error }, "the session is not recorded");
    return undefined;
  });
  return {
    async [Symbol.asyncDispose]() {
      const running = await started;
      if (running === undefined) return;
      const frames = await running.recording.stop();
      if (frames === undefined) return await removeChromiumFolder(running.dir);
      const videos = await options.videos();
      videos
        .make({ frames, dir: running.dir }, (video) => keep(options, video))
        .catch((error: unknown) => log.warn({ err: error }, "the session's recording became no video"));
    },
  };
}

async function start(endpoint: string, log: Logger): Promise<{ dir: string; recording: Recording }> {
  // Swept like a browser's folder should this process be killed.
  const dir = await createChromiumFolder();
  try {
    return { dir, recording: await startRecording({ endpoint, dir, log }) };
  } catch (error) {
    await removeChromiumFolder(dir);
    throw error;
  }
}

async function keep(
  { sessionId, artifacts, files }: RecordSessionOptions,
  { file, durationMs }: Video,
): Promise<void> {
  const suggestedName = "recording.mp4";
  const content = createReadStream(file);
  const { name, bytes } = await artifacts.put(sessionId, suggestedName, content, {
    kind: "file",
    contentType: "video/mp4",
  });
  await files.add(sessionId, { kind: "recording", name, suggestedName, url: null, bytes, durationMs });
}
