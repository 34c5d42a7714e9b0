import type { RawData } from "ws";
import { WebSocket } from "ws";
import { packFrame, readViewerMessage, type ServerMessage, type ViewerMessage } from "./protocol.ts";
import type { ViewerChannel } from "./show-pages.ts";

/** The largest message a viewer may send, in bytes: a paste. */
export const mostViewerBytes = 512 * 1_024;

/** How often a viewer is asked whether it is still there, in milliseconds. */
const pingMs = 15_000;

/** What a viewer may leave unread, in bytes: some frames of a large window. */
const mostUnreadBytes = 64 * 2 ** 20;

/** RFC 6455 §7.4.1: the viewer sent what it may not, or too much. */
export const violatedPolicy = 1_008;

/** A viewer's WebSocket, as the side that has the page sees it. */
export interface ViewerSocket extends ViewerChannel {
  /** Aborted when the viewer has gone. */
  readonly gone: AbortSignal;
  /** Passes a message on as it is, from whoever has the page. */
  relay(data: Buffer, isBinary: boolean): void;
  close(code: number, reason: string): void;
}

/** Reads and writes a viewer's socket. One that may look only and sends input is shown the door. */
export function viewerSocket(
  socket: WebSocket,
  { mayAct, mayGo = mayAct }: { mayAct: boolean /** To any address of the web. */; mayGo?: boolean },
): ViewerSocket {
  const gone = new AbortController();
  const listeners = new Set<(message: ViewerMessage) => void>();
  /** How large its screen is a viewer says once, whoever shows it something then. */
  let size: ViewerMessage | undefined;
  const close = (code: number, reason: string) => {
    socket.close(code, reason);
    // Who does not answer is not waited for.
    setTimeout(() => socket.terminate(), 1_000).unref();
  };
  const write = (data: string | Buffer, isBinary = typeof data !== "string") => {
    if (socket.readyState !== WebSocket.OPEN) return;
    if (socket.bufferedAmount > mostUnreadBytes) socket.terminate();
    else socket.send(data, { binary: isBinary });
  };
  socket.on("message", (data: RawData, isBinary) => {
    // What comes after it was shown the door.
    if (socket.readyState !== WebSocket.OPEN) return;
    const message = isBinary ? undefined : readViewerMessage(textOf(data), { mayAct, mayGo });
    if (message === undefined) close(violatedPolicy, "not a message that this link allows");
    else {
      if (message.type === "size") size = message;
      for (const listener of listeners) listener(message);
    }
  });
  socket.on("error", () => socket.terminate());

  // A viewer whose network went away closes nothing.
  let isThere = true;
  socket.on("pong", () => {
    isThere = true;
  });
  const pinging = setInterval(() => {
    if (!isThere) return socket.terminate();
    isThere = false;
    if (socket.readyState === WebSocket.OPEN) socket.ping();
  }, pingMs);
  pinging.unref();
  socket.on("close", () => {
    clearInterval(pinging);
    gone.abort();
  });
  if (socket.readyState === WebSocket.CLOSED) gone.abort();

  return {
    send(message: ServerMessage) {
      write(JSON.stringify(message));
    },
    sendFrame(header, jpeg) {
      write(packFrame(header, jpeg));
    },
    relay: write,
    onMessage(listener) {
      listeners.add(listener);
      if (size !== undefined) listener(size);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    gone: gone.signal,
    overrun: () => close(violatedPolicy, "more than the page keeps up with"),
    close,
  };
}

/** Messages come as one buffer unless asked for otherwise. */
function textOf(data: RawData): string {
  return data instanceof Buffer ? data.toString() : "";
}
