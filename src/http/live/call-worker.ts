import { randomUUID } from "node:crypto";
import { type WebSocket, WebSocketServer } from "ws";
import type { Database } from "../../database/open.ts";
import { type LiveCalls, liveChannel } from "../../job/live/live-call.ts";
import { refuseUpgrade, type UpgradeRoute } from "../upgrades.ts";

const place = /^\/live\/calls\/(?<id>[\da-f-]{36})$/;

/** How long whoever works on a run has to connect, in milliseconds. */
const answerMs = 4_000;
/** The largest message of a worker, in bytes: a frame of a large window. */
const mostBytes = 16 * 2 ** 20;

/** Where processes that work on runs come in to show one. */
export interface WorkerCalls {
  route: UpgradeRoute;
  /**
   * Asks whoever works on the run to show it; undefined where nobody does, or cannot reach this server. The socket is
   * paused: resume it once it is listened to.
   */
  call(request: { runId: string; mayAct: boolean; signal: AbortSignal }): WorkerCall;
}

export interface WorkerCall {
  readonly answered: Promise<WebSocket | undefined>;
  /** Calls again: a worker that takes the run up in this moment did not hear the first. */
  repeat(): void;
}

export function createWorkerCalls({
  database,
  calls,
  urls,
}: {
  database: Pick<Database, "notify">;
  calls: LiveCalls;
  /** Where this server can be reached by its workers. */
  urls: () => string[];
}): WorkerCalls {
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: mostBytes });
  const waiting = new Map<string, (socket: WebSocket | undefined) => void>();

  return {
    route: {
      wants: ({ url = "" }) => place.test(url),
      accept(request, socket, head) {
        const id = place.exec(request.url ?? "")?.groups?.["id"] ?? "";
        const answer = (request.headers.authorization ?? "").replace(/^Bearer /, "");
        const take = waiting.get(id);
        if (take === undefined || !calls.isAnswer(id, answer)) return refuseUpgrade(socket, 404);
        // The first to answer is the one.
        waiting.delete(id);
        sockets.handleUpgrade(request, socket, head, (worker) => {
          // What it sends before anybody listens waits in its socket.
          worker.pause();
          take(worker);
        });
      },
    },
    call({ runId, mayAct, signal }) {
      const id = randomUUID();
      const answered = Promise.withResolvers<WebSocket | undefined>();
      const giveUp = () => answered.resolve(undefined);
      const late = setTimeout(giveUp, answerMs);
      signal.addEventListener("abort", giveUp, { once: true });
      waiting.set(id, answered.resolve);
      const payload = calls.sign({ id, runId, mayAct, urls: urls() });
      const send = () => database.notify(liveChannel, payload).catch(answered.reject);
      void send();
      return {
        answered: answered.promise.finally(() => {
          waiting.delete(id);
          clearTimeout(late);
          signal.removeEventListener("abort", giveUp);
        }),
        repeat: () => void send(),
      };
    },
  };
}
