import inspector from "node:inspector";
import { Worker } from "node:worker_threads";
import type { Logger } from "./log.ts";

/** What the watching thread is told when it starts. */
export interface WatchdogData {
  /** Raised by the watched thread as long as it lives. */
  beats: SharedArrayBuffer;
  /** How often the watching thread looks, in milliseconds. */
  lookMs: number;
  /** After how many looks without a beat the process is ended. */
  mostLooks: number;
}

const looks = 20;

/**
 * Ends this process, by SIGKILL, when its event loop has stood still for `limitMs` milliseconds: a flow with an endless
 * loop would keep it from renewing its holds, from answering and even from stopping, and its other runs with it. What
 * stood still is told on standard error. Time is counted by a thread of its own, in its own ticks, so that a machine
 * that slept or had no time for us is not taken for one that hangs. Off where an inspector is open: a breakpoint
 * stands still on purpose.
 */
export function watchEventLoop({ limitMs, log }: { limitMs: number; log: Logger }): Disposable {
  if (inspector.url() !== undefined) return { [Symbol.dispose]() {} };
  const beats = new SharedArrayBuffer(4);
  const counter = new Int32Array(beats);
  const lookMs = Math.max(10, Math.round(limitMs / looks));
  const data: WatchdogData = { beats, lookMs, mostLooks: looks };
  const thread = new Worker(new URL("./watchdog-thread.ts", import.meta.url), { workerData: data });
  thread.unref();
  thread.on("error", (error) => log.error({ err: error }, "the watchdog ended"));
  const beating = setInterval(() => Atomics.add(counter, 0, 1), lookMs / 2);
  beating.unref();
  return {
    [Symbol.dispose]() {
      clearInterval(beating);
      void thread.terminate();
    },
  };
}
