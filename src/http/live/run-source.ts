import { once } from "node:events";
import { WebSocket } from "ws";
import { type ViewerSocket, violatedPolicy } from "../../browser/screencast/viewer-socket.ts";
import type { Database } from "../../database/open.ts";
import { runChannel } from "../../job/record/run-events.ts";
import type { RunStore } from "../../job/record/runs.ts";
import type { Logger } from "../../log.ts";
import type { WorkerCall, WorkerCalls } from "./call-worker.ts";
import type { LiveSource } from "./live-source.ts";

export interface RunSourceDeps {
  database: Pick<Database, "listen">;
  runs: Pick<RunStore, "get">;
  calls: WorkerCalls;
  log: Logger;
}

/** How long a notification of the run may stay away before it is looked at all the same, in milliseconds. */
const lookMs = 5_000;

/** What a worker may leave unread of a viewer's messages, in bytes. */
const mostUnreadBytes = 4 * 2 ** 20;

const underWork: ReadonlySet<string> = new Set(["running", "waiting_for_code"]);

/** A run in whichever process works on it: waited for while it is queued, and found again when another takes it up. */
export function runSource(
  { database, runs, calls, log }: RunSourceDeps,
  { project, id: runId }: { project: string; id: string },
): LiveSource {
  const showFrom = async (worker: WebSocket, viewer: ViewerSocket) => {
    using _sending = viewer.onMessage((message) => {
      if (worker.readyState !== WebSocket.OPEN) return;
      if (worker.bufferedAmount > mostUnreadBytes) viewer.overrun();
      else worker.send(JSON.stringify(message));
    });
    const closed = once(worker, "close");
    worker.on("close", (code) => {
      if (code === violatedPolicy) viewer.overrun();
    });
    worker.on("error", () => worker.terminate());
    worker.on("message", (data, isBinary) => {
      if (data instanceof Buffer) viewer.relay(data, isBinary);
    });
    const leave = () => worker.close();
    viewer.gone.addEventListener("abort", leave, { once: true });
    worker.resume();
    if (viewer.gone.aborted) leave();
    await closed;
    viewer.gone.removeEventListener("abort", leave);
  };

  return {
    what: "run",
    async show(viewer, scope) {
      const over = new AbortController();
      const signal = AbortSignal.any([over.signal, viewer.gone]);
      let call: WorkerCall | undefined;
      let wake = Promise.withResolvers<void>();
      signal.addEventListener("abort", () => wake.resolve(), { once: true });
      const look = async () => {
        const { status, endedAt } = await runs.get(project, runId);
        if (endedAt !== null) over.abort();
        return status;
      };
      const onNews = () => {
        wake.resolve();
        if (call === undefined) return;
        call.repeat();
        // What cannot be looked up now is looked up when nobody has answered.
        look().catch(() => undefined);
      };
      try {
        await using _listening = await database.listen(runChannel, (payload) => {
          if (payload === runId) onNews();
        });
        while (!signal.aborted) {
          // What happens from here on is a reason to look again.
          wake = Promise.withResolvers();
          const status = await look();
          if (signal.aborted) break;
          if (underWork.has(status)) {
            call = calls.call({ runId, mayAct: scope === "drive", signal });
            const worker = await call.answered;
            call = undefined;
            if (worker !== undefined) {
              await showFrom(worker, viewer);
              continue;
            }
          }
          viewer.send({ type: "state", state: "waiting" });
          const timer = setTimeout(() => wake.resolve(), lookMs);
          await wake.promise;
          clearTimeout(timer);
        }
      } catch (error) {
        log.warn({ err: error, runId }, "a run could not be shown");
      }
      viewer.send({ type: "state", state: "ended" });
    },
  };
}
