import type {
  ActMessage,
  FrameHeader,
  LookMessage,
  ServerMessage,
} from "../../../browser/screencast/protocol.ts";

export type Outgoing = LookMessage | ActMessage;

export interface ConnectionHandlers {
  onMessage(message: ServerMessage): void;
  onFrame(header: FrameHeader, jpeg: Blob): void;
  onConnected(): void;
  /** It is made again by itself. */
  onLost(): void;
  /** The link is not good, or no longer. */
  onRefused(): void;
}

/** Runs in the page: the connection to the server, made again when it breaks. */
export function makeConnection({
  id,
  token,
  handlers,
}: {
  id: string;
  token: string;
  handlers: ConnectionHandlers;
}) {
  const address = new URL(`/live/${id}/socket`, location.href);
  address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  let socket: WebSocket | undefined;
  let pauseMs = 250;
  let isOver = false;

  const read = (data: unknown) => {
    if (typeof data === "string") return handlers.onMessage(JSON.parse(data));
    if (!(data instanceof ArrayBuffer)) return;
    const length = new DataView(data).getUint32(0);
    const header = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, length)));
    handlers.onFrame(header, new Blob([new Uint8Array(data, 4 + length)], { type: "image/jpeg" }));
  };

  const connect = () => {
    let wasOpen = false;
    // The token goes beside the protocol's name: addresses end in logs.
    socket = new WebSocket(address, ["latchkey.live", token]);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      wasOpen = true;
      pauseMs = 250;
      handlers.onConnected();
    };
    socket.onmessage = ({ data }) => read(data);
    socket.onclose = () => void onClose(wasOpen);
  };
  const onClose = async (wasOpen: boolean) => {
    if (isOver) return;
    handlers.onLost();
    // What a WebSocket was refused for it does not tell.
    if (!wasOpen && (await isRefused())) {
      isOver = true;
      return handlers.onRefused();
    }
    setTimeout(connect, pauseMs);
    pauseMs = Math.min(pauseMs * 2, 5_000);
  };
  const isRefused = async () => {
    try {
      const answer = await fetch(`/live/${id}/check`, { headers: { authorization: `Bearer ${token}` } });
      return answer.status === 404;
    } catch {
      return false;
    }
  };

  // A page that was opened without its token has none to bring, and nothing to ask for.
  if (/^[\w-]+$/.test(token)) connect();
  else queueMicrotask(handlers.onRefused);
  return {
    send(message: Outgoing) {
      if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
    },
    /** What there was to see is over: the connection is not made again. */
    end() {
      isOver = true;
    },
  };
}
