import { once } from "node:events";
import { createConnection, createServer, type Socket } from "node:net";
import { Secret } from "../../src/secret.ts";

/** A way to the database that can be cut or stalled, as networks are. */
export interface TcpProxy extends AsyncDisposable {
  /** The database, through here. */
  url: Secret;
  /** From now on nothing passes, and nobody is told. */
  stall(): void;
  /** The next connection that sends this text stalls, with it; the others go on. */
  stallOn(text: string): void;
  /** Ends what is connected and refuses to be connected to. */
  cut(): void;
  resume(): void;
  /** How many statements that contain this text passed. */
  statements(text: string): number;
}

export async function startProxy(database: Secret): Promise<TcpProxy> {
  const url = new URL(database.reveal());
  const target = { host: url.hostname, port: Number(url.port) };
  const pairs = new Set<[Socket, Socket]>();
  let mode: "open" | "stalled" | "cut" = "open";
  let sent = "";
  let trap: string | undefined;

  const server = createServer((near) => {
    if (mode === "cut") {
      near.destroy();
      return;
    }
    const far = createConnection(target);
    const pair: [Socket, Socket] = [near, far];
    pairs.add(pair);
    near.on("data", (chunk) => {
      const text = chunk.toString("latin1");
      sent += text;
      if (trap !== undefined && text.includes(trap)) {
        trap = undefined;
        for (const socket of pair) socket.pause();
        return;
      }
      far.write(chunk);
    });
    far.on("data", (chunk) => near.write(chunk));
    for (const socket of pair) {
      socket.on("error", () => {});
      socket.on("close", () => {
        pairs.delete(pair);
        for (const one of pair) one.destroy();
      });
    }
    if (mode === "stalled") for (const socket of pair) socket.pause();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  url.port = typeof address === "object" && address !== null ? String(address.port) : "";

  return {
    url: new Secret(url.href),
    stall() {
      mode = "stalled";
      for (const socket of [...pairs].flat()) socket.pause();
    },
    stallOn(text) {
      trap = text;
    },
    cut() {
      mode = "cut";
      for (const socket of [...pairs].flat()) socket.destroy();
    },
    resume() {
      mode = "open";
      for (const socket of [...pairs].flat()) socket.resume();
    },
    statements: (text) => sent.split(text).length - 1,
    async [Symbol.asyncDispose]() {
      for (const socket of [...pairs].flat()) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
