import type { WebSocket } from "ws";
import type { SessionFolders } from "./cdp-rules.ts";
import { type Relay, relayCdp } from "./relay.ts";

/** Clients of one browser at a time: a script, its debugger, a person who watches, and some room. */
const mostClients = 20;

/** The way into one browser for CDP clients, and the knowledge of whether anybody is there. */
export interface Door {
  /** Whether another client would be let in. */
  readonly isFull: boolean;
  /** Passes the client's messages on until it leaves or the door is closed. */
  enter(client: WebSocket): void;
  /** Counts as somebody connected until it is disposed of. */
  hold(): Disposable;
  /** Resolves when nobody was connected for so long; never where that is allowed. */
  readonly alone: Promise<void>;
  /** Sends everybody out; resolves when they are. */
  close(): Promise<void>;
}

export function openDoor({
  endpoint,
  folders,
  idleMs,
  onLeft,
}: {
  endpoint: string;
  folders: SessionFolders;
  /** Milliseconds; null where nobody needs to be connected. */
  idleMs: number | null;
  /** Told of each client that has left. */
  onLeft: () => void;
}): Door {
  const relays = new Set<Relay>();
  const { promise: alone, resolve: tell } = Promise.withResolvers<void>();
  let present = 0;
  let isClosed = false;
  let waiting: NodeJS.Timeout | undefined;

  const wait = () => {
    if (idleMs === null || isClosed) return;
    waiting = setTimeout(tell, idleMs);
  };
  const hold = (): Disposable => {
    let isHeld = true;
    present += 1;
    clearTimeout(waiting);
    return {
      [Symbol.dispose]() {
        if (!isHeld) return;
        isHeld = false;
        present -= 1;
        if (present === 0) wait();
      },
    };
  };
  wait();

  return {
    get isFull() {
      return relays.size >= mostClients;
    },
    enter(client) {
      const held = hold();
      const relay = relayCdp({ client, endpoint, folders });
      relays.add(relay);
      void relay.ended.then(() => {
        relays.delete(relay);
        onLeft();
        held[Symbol.dispose]();
      });
    },
    hold,
    alone,
    async close() {
      isClosed = true;
      clearTimeout(waiting);
      const open = [...relays];
      for (const relay of open) relay.close();
      await Promise.all(open.map(({ ended }) => ended));
    },
  };
}
