import pRetry from "p-retry";
import pg from "pg";
import type { Logger } from "../log.ts";
import { type DatabaseAddress, unavailable } from "./unavailable.ts";

interface Subscription {
  handler: (payload: string) => void;
  onResume: (() => void) | undefined;
}

/** Hears NOTIFY on any number of channels over one connection of its own. */
export interface Listener {
  listen(
    channel: string,
    handler: (payload: string) => void,
    onResume?: () => void,
  ): Promise<AsyncDisposable>;
  close(): Promise<void>;
}

/**
 * Makes a listener. It connects at the first `listen`; a connection that breaks is made again with growing pauses
 * until `close`, and every channel is listened to again. What was sent meanwhile is lost: `onResume` says so.
 */
export function createListener(options: {
  connectionString: string;
  address: DatabaseAddress;
  log: Logger;
}): Listener {
  const { connectionString, address, log } = options;
  const channels = new Map<string, Set<Subscription>>();
  const closing = new AbortController();
  let connection: Promise<pg.Client> | undefined;
  // A connection of pg takes one statement at a time.
  let lastCommand: Promise<unknown> = Promise.resolve();

  function command(client: pg.Client, text: string): Promise<unknown> {
    const next = lastCommand.then(() => client.query(text));
    lastCommand = next.catch(() => {});
    return next;
  }

  async function connect(): Promise<pg.Client> {
    const client = new pg.Client({
      connectionString,
      application_name: "latchkey listen",
      connectionTimeoutMillis: 10_000,
      // Nothing is ever sent on this connection once it listens: only keep-alive notices that the peer is gone.
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
    });
    client.on("error", (err) => log.debug({ err }, "the listening connection broke"));
    try {
      await client.connect();
      client.on("notification", ({ channel, payload }) => deliver(channel, payload ?? ""));
      const names = [...channels.keys()];
      if (names.length > 0) await client.query(names.map((name) => `listen "${name}"`).join(";"));
    } catch (error) {
      await client.end().catch(() => {});
      throw unavailable(address, error);
    }
    client.once("end", () => {
      if (!closing.signal.aborted) reconnect();
    });
    return client;
  }

  function reconnect(): void {
    log.warn({}, "the listening connection was lost; connecting again");
    const again = pRetry(connect, {
      retries: Number.POSITIVE_INFINITY,
      minTimeout: 100,
      maxTimeout: 10_000,
      randomize: true,
      signal: closing.signal,
    });
    connection = again;
    again.then(
      () => {
        log.info({}, "listening again");
        for (const subscription of [...channels.values()].flatMap((set) => [...set])) {
          guarded(() => subscription.onResume?.());
        }
      },
      () => {},
    );
  }

  function connected(): Promise<pg.Client> {
    connection ??= connect().catch((error: unknown) => {
      connection = undefined;
      throw error;
    });
    return connection;
  }

  function deliver(channel: string, payload: string): void {
    for (const { handler } of channels.get(channel) ?? []) guarded(() => handler(payload));
  }

  function guarded(call: () => void): void {
    try {
      call();
    } catch (err) {
      log.error({ err }, "a listener threw");
    }
  }

  async function stop(channel: string, subscription: Subscription): Promise<void> {
    const set = channels.get(channel);
    set?.delete(subscription);
    if (set?.size !== 0) return;
    channels.delete(channel);
    if (closing.signal.aborted) return;
    try {
      const client = await connected();
      // Somebody may have begun to listen to it again meanwhile.
      if (!channels.has(channel)) await command(client, `unlisten "${channel}"`);
    } catch {
      // The next connection listens to what is in `channels` only.
    }
  }

  async function close(): Promise<void> {
    closing.abort();
    const client = await connection?.catch(() => undefined);
    await client?.end().catch(() => {});
  }

  let closed: Promise<void> | undefined;
  return {
    async listen(channel, handler, onResume) {
      if (!/^[a-z_]{1,63}$/.test(channel)) throw new TypeError(`Not a channel name: ${channel}`);
      const subscription: Subscription = { handler, onResume };
      const set = channels.get(channel) ?? new Set();
      channels.set(channel, set.add(subscription));
      try {
        const client = await connected();
        await command(client, `listen "${channel}"`);
      } catch (error) {
        // A connection that broke just now is being made again, and then listens to this channel too.
        if (connection === undefined || closing.signal.aborted) {
          await stop(channel, subscription);
          throw error;
        }
        await connection;
      }
      return { [Symbol.asyncDispose]: () => stop(channel, subscription) };
    },
    close: () => (closed ??= close()),
  };
}
