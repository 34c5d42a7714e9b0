import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const cli = fileURLToPath(new URL("../../bin/latchkey.js", import.meta.url));
const preload = new URL("./preload.ts", import.meta.url).href;

/** One worker's place: whoever ends there is replaced, as by a supervisor. */
export interface WorkerPlace {
  readonly pid: number | undefined;
  /** Every process that ever stood here. */
  readonly generations: readonly { pid: number; endedBy?: string | undefined }[];
  kill(signal: NodeJS.Signals): void;
  /** Ends it for good; true if it ended of itself and with code 0. */
  stop(): Promise<boolean>;
}

const stopWithinMs = 40_000;

export function startWorkerPlace(options: {
  index: number;
  folder: string;
  environment: Readonly<Record<string, string>>;
}): WorkerPlace {
  const { index, folder, environment } = options;
  const { PATH, HOME, CHROMIUM_PATH } = process.env;
  const generations: { pid: number; endedBy?: string | undefined }[] = [];
  const log = createWriteStream(join(folder, `worker-${index}.log`), { flags: "a" });
  let child: ChildProcess | undefined;
  let stopping = false;

  const start = () => {
    const started = spawn(process.execPath, ["--import", preload, cli, "worker"], {
      env: { PATH, HOME, ...(CHROMIUM_PATH === undefined ? {} : { CHROMIUM_PATH }), ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    child = started;
    const generation: { pid: number; endedBy?: string | undefined } = { pid: started.pid ?? 0 };
    generations.push(generation);
    started.stdout?.pipe(log, { end: false });
    started.stderr?.pipe(log, { end: false });
    started.once("exit", (code, signal) => {
      generation.endedBy = signal ?? `code ${code}`;
      child = undefined;
      if (!stopping) setTimeout(start, 500);
    });
  };
  start();

  return {
    get pid() {
      return child?.pid;
    },
    generations,
    kill(signal) {
      child?.kill(signal);
    },
    async stop() {
      stopping = true;
      const ending = child;
      let clean = true;
      if (ending !== undefined) {
        const exited = once(ending, "exit");
        const late = setTimeout(() => ending.kill("SIGKILL"), stopWithinMs);
        ending.kill("SIGTERM");
        const [code] = (await exited) as [number | null];
        clearTimeout(late);
        clean = code === 0;
      }
      log.end();
      return clean;
    },
  };
}
