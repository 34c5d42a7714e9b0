/** The watching thread of `watchdog.ts`: it may not count on anything of the thread it watches. */
import { writeSync } from "node:fs";
import { Session } from "node:inspector/promises";
import { fileURLToPath } from "node:url";
import { workerData } from "node:worker_threads";
import type { WatchdogData } from "./watchdog.ts";

/** How long the stack may take to be told, in milliseconds. */
const stackMs = 5_000;
const mostFrames = 8;

const { beats, lookMs, mostLooks } = workerData as WatchdogData;
const counter = new Int32Array(beats);
let last = Atomics.load(counter, 0);
let still = 0;
const looking = setInterval(() => {
  const now = Atomics.load(counter, 0);
  still = now === last ? still + 1 : 0;
  last = now;
  if (still < mostLooks) return;
  clearInterval(looking);
  void end();
}, lookMs);

/** Every line of a log is one that its readers can read; this one goes past the logger, which hangs too. */
async function end(): Promise<void> {
  const where = await Promise.race([
    stack(),
    new Promise<string[]>((resolve) => setTimeout(resolve, stackMs, [])),
  ]);
  const line = {
    level: 60,
    time: new Date().toISOString(),
    where,
    msg: "the event loop stands still; ending, so that others take its runs up",
  };
  writeSync(2, `${JSON.stringify(line)}\n`);
  process.kill(process.pid, "SIGKILL");
}

/** Where the watched thread stands: functions with file and line, the innermost first. No values. */
async function stack(): Promise<string[]> {
  try {
    const session = new Session();
    session.connectToMainThread();
    const urls = new Map<string, string>();
    session.on("Debugger.scriptParsed", ({ params }) => urls.set(params.scriptId, params.url));
    const paused = new Promise<string[]>((resolve) => {
      session.once("Debugger.paused", ({ params }) => {
        const frames = params.callFrames.slice(0, mostFrames);
        resolve(
          frames.map(({ functionName, location: { scriptId, lineNumber } }) => {
            const file = path(urls.get(scriptId) ?? "");
            return `${functionName || "(anonymous)"} ${file}:${lineNumber + 1}`;
          }),
        );
      });
    });
    await session.post("Debugger.enable");
    await session.post("Debugger.pause");
    return await paused;
  } catch {
    return [];
  }
}

function path(url: string): string {
  return url.startsWith("file:") ? fileURLToPath(url) : url;
}
