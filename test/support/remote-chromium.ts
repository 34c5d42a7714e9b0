import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RawData, WebSocket, WebSocketServer } from "ws";
import { chromiumPath } from "./chromium.ts";

export interface RemoteChromium extends AsyncDisposable {
  /** `ws://127.0.0.1:<port>/devtools/browser/<id>`. */
  readonly url: string;
  /** `http://127.0.0.1:<port>`. */
  readonly httpUrl: string;
  readonly pid: number;
}

/**
 * A Chromium somebody else runs, driven over a port. With `elsewhere` it sees another /tmp than we do, as one on
 * another machine would; that needs root.
 */
export async function startRemoteChromium({
  elsewhere = false,
  wholeChromium = false,
} = {}): Promise<RemoteChromium> {
  const path = chromiumPath({ wholeChromium });
  const dir = await mkdtemp(join(tmpdir(), "latchkey-test-"));
  const flags = [
    "--headless",
    "--remote-debugging-port=0",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
    ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
  ];
  const chromium = elsewhere
    ? spawn(
        "unshare",
        [
          "-m",
          "sh",
          "-c",
          `mount -t tmpfs tmpfs /tmp && exec "$@" --user-data-dir=/tmp/p`,
          "sh",
          path,
          ...flags,
        ],
        { detached: true, stdio: ["ignore", "ignore", "pipe"] },
      )
    : spawn(path, [...flags, `--user-data-dir=${dir}`, "about:blank"], {
        detached: true,
        stdio: ["ignore", "ignore", "pipe"],
      });
  const pid = chromium.pid ?? 0;
  const exited = once(chromium, "exit");
  const url = await new Promise<string>((resolve, reject) => {
    let words = "";
    chromium.stderr.on("data", (chunk) => {
      words += chunk;
      const found = /ws:\/\/\S+/.exec(words)?.[0];
      if (found !== undefined) resolve(found);
    });
    exited.then(() => reject(new Error(`Chromium ended: ${words}`)), reject);
  });
  return {
    url,
    httpUrl: `http://${new URL(url).host}`,
    pid,
    async [Symbol.asyncDispose]() {
      try {
        process.kill(-pid, "SIGKILL");
        await exited;
      } catch {
        // A test has ended it already.
      }
      await rm(dir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

export interface CdpProxy extends AsyncDisposable {
  readonly url: string;
  readonly connections: () => number;
  /** From now on nothing passes, and no socket closes: what a network that went away looks like. */
  freeze(): void;
  /** Ends every connection. */
  cut(): void;
}

/** Stands before a CDP endpoint, and can refuse commands as some endpoints do. */
export async function startCdpProxy({
  target,
  refuse = [],
}: {
  target: string;
  refuse?: readonly string[];
}): Promise<CdpProxy> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  let frozen = false;
  server.on("connection", (client) => {
    const upstream = new WebSocket(target);
    const waiting: string[] = [];
    upstream.on("open", () => {
      for (const message of waiting.splice(0)) upstream.send(message);
    });
    client.on("message", (data) => {
      const message = textOf(data);
      const { id, method } = JSON.parse(message) as { id: number; method: string };
      if (frozen) return;
      if (refuse.includes(method))
        client.send(JSON.stringify({ id, error: { code: -32_000, message: "Not allowed" } }));
      else if (upstream.readyState === WebSocket.OPEN) upstream.send(message);
      else waiting.push(message);
    });
    upstream.on("message", (data) => {
      if (!frozen) client.send(textOf(data));
    });
    client.on("close", () => upstream.close());
    upstream.on("close", () => client.close());
    upstream.on("error", () => client.close());
  });
  const cut = () => {
    for (const client of server.clients) client.terminate();
  };
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    connections: () => server.clients.size,
    freeze() {
      frozen = true;
    },
    cut,
    async [Symbol.asyncDispose]() {
      cut();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

/** An endpoint that starts a Chromium for each connection, and ends it with that, as Browserless does. */
export async function startFreshChromiums(): Promise<{ url: string } & AsyncDisposable> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  const browsers = new Set<Promise<RemoteChromium>>();
  server.on("connection", (client) => {
    const starting = startRemoteChromium();
    browsers.add(starting);
    const early: RawData[] = [];
    const keep = (data: RawData) => early.push(data);
    client.on("message", keep);
    void starting.then((browser) => {
      client.off("message", keep);
      relay(client, browser.url);
      for (const data of early) client.emit("message", data);
      client.on("close", () => void browser[Symbol.asyncDispose]());
    });
  });
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async [Symbol.asyncDispose]() {
      for (const client of server.clients) client.terminate();
      server.close();
      for (const browser of browsers) await (await browser)[Symbol.asyncDispose]();
    },
  };
}

/** Passes every message on, both ways, until one side closes. */
export function relay(client: WebSocket, target: string): void {
  const upstream = new WebSocket(target);
  const waiting: string[] = [];
  upstream.on("open", () => {
    for (const message of waiting.splice(0)) upstream.send(message);
  });
  client.on("message", (data) => {
    if (upstream.readyState === WebSocket.OPEN) upstream.send(textOf(data));
    else waiting.push(textOf(data));
  });
  upstream.on("message", (data) => client.send(textOf(data)));
  client.on("close", () => upstream.close());
  upstream.on("close", () => client.close());
  upstream.on("error", () => client.close());
}

/** Messages come as one buffer unless asked for otherwise. */
function textOf(data: RawData): string {
  return data instanceof Buffer ? data.toString() : "";
}
