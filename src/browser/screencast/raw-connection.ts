import { once } from "node:events";
import { type RawData, WebSocket } from "ws";
import { z } from "zod";
import type { CdpEvent } from "./connection.ts";

/** The largest message, in bytes: a frame of a large window. */
const mostMessageBytes = 64 * 2 ** 20;
const connectMs = 10_000;

const messageSchema = z.object({
  id: z.number().optional(),
  sessionId: z.string().optional(),
  method: z.string().optional(),
  params: z.record(z.string(), z.unknown()).default({}),
  result: z.record(z.string(), z.unknown()).default({}),
  error: z.object({ message: z.string() }).optional(),
});

/** A browser-level connection over which flat sessions share one socket. */
export interface RawConnection {
  /** @param sessionId a flat session's; the browser's own unless given */
  send(method: string, params?: object, sessionId?: string): Promise<Readonly<Record<string, unknown>>>;
  onEvent(sessionId: string | undefined, listener: (event: CdpEvent) => void): Disposable;
  /** Aborted when the connection has gone. */
  readonly ended: AbortSignal;
  close(): Promise<void>;
}

/**
 * Connects to a browser, as `ws://127.0.0.1:…/devtools/browser/…`. It is no Playwright: that one answers dialogs, sets
 * what pages believe of their window, and sends downloads elsewhere, all of which is for whoever drives the browser.
 * @throws Error when nothing answers
 */
export async function connectRaw(endpoint: string): Promise<RawConnection> {
  const socket = new WebSocket(endpoint, {
    perMessageDeflate: false,
    maxPayload: mostMessageBytes,
    handshakeTimeout: connectMs,
  });
  const waiting = new Map<number, PromiseWithResolvers<Readonly<Record<string, unknown>>>>();
  const listeners = new Map<string | undefined, Set<(event: CdpEvent) => void>>();
  const gone = new AbortController();
  let lastId = 0;

  socket.on("message", (data: RawData) => {
    const message = messageSchema.parse(JSON.parse(data instanceof Buffer ? data.toString() : ""));
    const { id, method, params, sessionId, error, result } = message;
    if (id === undefined) {
      if (method !== undefined) for (const tell of listeners.get(sessionId) ?? []) tell({ method, params });
      return;
    }
    const answered = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) answered?.resolve(result);
    else answered?.reject(new Error(error.message));
  });
  socket.on("close", () => {
    for (const { reject } of waiting.values()) reject(new Error("The connection to the browser has gone."));
    waiting.clear();
    gone.abort();
  });
  try {
    await once(socket, "open");
  } catch (error) {
    socket.on("error", () => undefined).terminate();
    throw error;
  }
  socket.on("error", () => socket.terminate());

  return {
    send(method, params = {}, sessionId) {
      const answer = Promise.withResolvers<Readonly<Record<string, unknown>>>();
      if (socket.readyState !== WebSocket.OPEN) {
        answer.reject(new Error("The connection to the browser has gone."));
        return answer.promise;
      }
      lastId += 1;
      waiting.set(lastId, answer);
      socket.send(
        JSON.stringify({ id: lastId, method, params, ...(sessionId === undefined ? {} : { sessionId }) }),
      );
      return answer.promise;
    },
    onEvent(sessionId, listener) {
      const set = listeners.get(sessionId) ?? new Set();
      listeners.set(sessionId, set.add(listener));
      return {
        [Symbol.dispose]() {
          set.delete(listener);
          if (set.size === 0) listeners.delete(sessionId);
        },
      };
    },
    ended: gone.signal,
    async close() {
      if (socket.readyState === WebSocket.CLOSED) return;
      const closed = once(socket, "close");
      socket.close();
      // A browser that hangs is not waited for.
      const late = setTimeout(() => socket.terminate(), 1_000);
      await closed;
      clearTimeout(late);
    },
  };
}
