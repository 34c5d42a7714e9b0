import type { Browser } from "playwright-core";
import { Failure } from "../../failure.ts";
import type { Logger } from "../../log.ts";
import type { Secret } from "../../secret.ts";
import { untilAborted, within } from "../waiting.ts";
import { createChromiumFolder, removeChromiumFolder, sweepChromiumFolders } from "../worker-folder.ts";
import { byAddress, type Lookup } from "./by-address.ts";
import { type ConnectOptions, connect } from "./connect.ts";
import type { ContextRequest, LentContext, Provider } from "./provider.ts";
import {
  createSharedContextTurns,
  type FindLeases,
  lendSharedContext,
  type SharedContext,
} from "./shared-context.ts";
import { watchConnection } from "./watch-connection.ts";

export interface CdpProviderOptions {
  /** `http://host:port` or `ws://…`; may hold a key. */
  url: Secret;
  log: Logger;
  /** The name requests know it by; `cdp` unless given. */
  name?: string;
  /** How often the endpoint is asked whether it is still there, in milliseconds; 15,000 unless given. */
  heartbeatMs?: number;
  /** Keeps other processes out of an endpoint's only context, where there is a database to do so with. */
  leases?: FindLeases;
  /** In place of the system's DNS. */
  lookup?: Lookup;
}

const closeMs = 5_000;
const lostCloseMs = 500;

/**
 * Sessions at any endpoint that speaks CDP. Each has a connection of its own and, where the endpoint allows it, a
 * context of its own; else the endpoint's only context, one session at a time, emptied before and after.
 * Closing disconnects: the browser itself is not ours to end.
 */
export function createCdpProvider({
  url,
  log,
  name = "cdp",
  heartbeatMs = 15_000,
  leases,
  lookup,
}: CdpProviderOptions): Provider {
  const open = new Set<() => Promise<void>>();
  const turns = createSharedContextTurns({ url, leases });
  const sweeping = sweepChromiumFolders({ log });
  let closing: Promise<void> | undefined;

  const lend = async (request: ContextRequest): Promise<LentContext> => {
    if (closing !== undefined) throw new Failure("provider_unavailable", "The browser provider is closed.");
    const folder = await createChromiumFolder();
    const { slowMoMs, signal } = request;
    const how = { folder, slowMoMs, isOurs: false, provider: name, log, signal };
    const browser = await connectByName({ url, ...how }, lookup).catch(async (error: unknown) => {
      await removeChromiumFolder(folder);
      throw error;
    });
    const connection = watchConnection({ browser, heartbeatMs });
    const disconnect = async (limitMs: number) => {
      connection.stop();
      await within(limitMs, browser.close());
      await removeChromiumFolder(folder);
    };
    try {
      const lent = await untilAborted(request.signal, lendContext(browser, request), (late) => late?.close());
      let ending: Promise<void> | undefined;
      const end = async () => {
        // Over a lost connection nothing is answered: without it, what still waits for an answer ends at once.
        if (connection.lost.aborted) await disconnect(lostCloseMs);
        await within(closeMs, lent.close());
        await disconnect(closeMs);
        open.delete(close);
      };
      const close = () => (ending ??= end());
      open.add(close);
      const lost = lent.lost === undefined ? connection.lost : AbortSignal.any([connection.lost, lent.lost]);
      return { ...lent, lost, close };
    } catch (error) {
      await disconnect(closeMs);
      if (connection.lost.aborted) throw connection.lost.reason;
      throw error;
    }
  };

  const lendContext = async (browser: Browser, request: ContextRequest): Promise<SharedContext> => {
    try {
      const context = await browser.newContext(request.contextOptions);
      return { context, close: () => context.close() };
    } catch (error) {
      if (!isRefusedContext(error)) throw error;
      log.debug({ provider: name }, "endpoint makes no contexts; using its own");
      return lendSharedContext({ browser, request, turns });
    }
  };

  const close = async () => {
    await Promise.allSettled([sweeping, ...[...open].map((end) => end())]);
  };
  const provider: Provider = {
    name,
    lend,
    async check(signal) {
      const folder = await createChromiumFolder();
      try {
        const how = { url, folder, slowMoMs: 0, isOurs: false, provider: name, log, signal };
        const browser = await connectByName(how, lookup);
        const version = browser.version();
        await within(closeMs, browser.close());
        return `${name}, version ${version}`;
      } finally {
        await removeChromiumFolder(folder);
      }
    },
    close: () => (closing ??= close()),
    [Symbol.asyncDispose]: () => provider.close(),
  };
  return provider;
}

/** By the name it was given, and where that does not answer, by its address. */
async function connectByName(options: ConnectOptions, lookup: Lookup | undefined): Promise<Browser> {
  try {
    return await connect(options);
  } catch (error) {
    options.signal.throwIfAborted();
    const url = await byAddress(options.url, lookup);
    if (url === undefined || (error instanceof Failure && !error.retryable)) throw error;
    return await connect({ ...options, url }).catch(() => {
      throw error;
    });
  }
}

/** Whether the endpoint, not the options, was at fault. */
function isRefusedContext(error: unknown): boolean {
  return error instanceof Error && error.message.includes("Target.createBrowserContext");
}
