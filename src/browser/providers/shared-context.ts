import { createHash } from "node:crypto";
import type { Browser, BrowserContext, BrowserContextOptions } from "playwright-core";
import { Failure } from "../../failure.ts";
import type { Leases } from "../../identity/leases/leases.ts";
import type { Secret } from "../../secret.ts";
import { untilAborted, within } from "../waiting.ts";
import type { ContextRequest, LentContext } from "./provider.ts";

/** The leases of this process, where it has a database; undefined where it has none. */
export type FindLeases = () => Promise<Pick<Leases, "acquire">> | undefined;

/** A hold on the context that all sessions of an endpoint share. */
export interface SharedContextTurn {
  /** Aborts before another process can be let in. */
  readonly lost: AbortSignal | undefined;
  end(): Promise<void>;
}

/** Lets one session at a time have the context that all of them would share. */
export interface SharedContextTurns {
  /** Waits for the turn. */
  take(signal: AbortSignal): Promise<SharedContextTurn>;
}

/** Turns within this process and, with leases, between processes. */
export function createSharedContextTurns({
  url,
  leases,
}: {
  /** Of the endpoint; names it without being told. */
  url: Secret;
  leases?: FindLeases | undefined;
}): SharedContextTurns {
  const name = `endpoint:${createHash("sha256").update(url.reveal()).digest("hex").slice(0, 32)}`;
  let last: Promise<void> = Promise.resolve();

  const takeHere = async (signal: AbortSignal): Promise<() => void> => {
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const before = last;
    last = before.then(() => ended);
    try {
      await untilAborted(signal, before);
    } catch (error) {
      end();
      throw error;
    }
    return end;
  };

  return {
    async take(signal) {
      const endHere = await takeHere(signal);
      try {
        const lease = await (await leases?.())?.acquire(name, { signal });
        return {
          lost: lease?.lost,
          async end() {
            await lease?.release();
            endHere();
          },
        };
      } catch (error) {
        endHere();
        throw error;
      }
    },
  };
}

/** A lent context whose connection is watched by whoever made it. */
export type SharedContext = Omit<LentContext, "lost"> & { lost?: AbortSignal };

const clearMs = 10_000;

/**
 * The endpoint's only context, for endpoints that make no others. Emptied before, in case another worker died in it,
 * and after, so that nothing of this session is left to the next. Pages that were there stay.
 * @throws Failure `provider_refused` when the session asks for what such a context cannot have
 */
export async function lendSharedContext({
  browser,
  request,
  turns,
}: {
  browser: Browser;
  request: ContextRequest;
  turns: SharedContextTurns;
}): Promise<SharedContext> {
  const { proxy, storageState } = request.contextOptions;
  const context = browser.contexts()[0];
  if (context === undefined)
    throw new Failure("provider_refused", "The endpoint neither makes contexts nor has one of its own.");
  if (proxy !== undefined)
    throw new Failure(
      "provider_refused",
      "The endpoint makes no contexts, and its own cannot be given a proxy.",
    );

  const turn = await turns.take(request.signal);
  const before = new Set(context.pages());
  let ending: Promise<void> | undefined;
  const end = async () => {
    const ours = context.pages().filter((page) => !before.has(page));
    await within(clearMs, Promise.allSettled(ours.map((page) => page.close())));
    await within(clearMs, clear(context));
    await turn.end();
  };
  const close = () => (ending ??= end());
  try {
    await clear(context);
    if (isState(storageState)) await context.setStorageState(storageState);
    return { context, isOnlyOne: true, ...(turn.lost === undefined ? {} : { lost: turn.lost }), close };
  } catch (error) {
    await close();
    throw error;
  }
}

type StorageState = Exclude<NonNullable<BrowserContextOptions["storageState"]>, string>;

function isState(state: BrowserContextOptions["storageState"]): state is StorageState {
  return typeof state === "object";
}

/** Empties the context: storage of all origins, seen over this connection or not, cookies, cache, permissions. */
async function clear(context: BrowserContext): Promise<void> {
  const page = await context.newPage();
  try {
    const session = await context.newCDPSession(page);
    await session.send("Storage.clearDataForOrigin", { origin: "*", storageTypes: "all" });
    await session.send("Network.clearBrowserCache");
    await context.clearCookies();
    await context.clearPermissions();
  } finally {
    await page.close();
  }
}
