import type { BrowserContext } from "playwright-core";
import { Failure } from "../failure.ts";
import type { Logger } from "../log.ts";
import { type Tell, untold } from "../observe.ts";
import { type Chromium, launchChromium } from "./launch-chromium.ts";
import type { ContextRequest, LentContext } from "./providers/provider.ts";
import { type SandboxSetting, wantsSandbox } from "./sandbox.ts";
import { untilAborted, within } from "./waiting.ts";
import { sweepChromiumFolders } from "./worker-folder.ts";

export interface BrowserPoolOptions {
  /** The Chromium to start. A function is asked at the first start, so that nobody needs a Chromium they do not use. */
  executablePath: string | (() => string);
  sandbox: SandboxSetting;
  /** Contexts after which the warm browser is replaced. */
  recycleContexts: number;
  /** Memory of the warm browser's processes, in MiB, above which it is replaced. */
  recycleMemoryMb: number;
  log: Logger;
  tell?: Tell;
}

/**
 * One warm Chromium that lends contexts.
 *
 * A browser is *current* until it is retired: after so many contexts, above a memory limit, or when it dies. A
 * retired one lends no more and is closed with its last context; the next request starts its successor.
 */
export interface BrowserPool extends AsyncDisposable {
  /** @throws Failure `browser_unavailable` */
  lend(request: ContextRequest): Promise<LentContext>;
  /** Starts the browser ahead of the first request. */
  warmUp(): Promise<void>;
  /** Process groups of the browsers that run now. */
  groups(): number[];
  /** Ends every browser, contexts in use included. Idempotent. */
  close(): Promise<void>;
}

interface Seat {
  chromium: Chromium;
  loans: Set<AbortController>;
  /** Contexts lent and not given back yet. */
  lent: Set<BrowserContext>;
  /** What Playwright itself keeps open. */
  standing: ReadonlySet<BrowserContext>;
  served: number;
  retired: boolean;
  memoryCheckedAt: number;
}

const contextCloseMs = 10_000;
const memoryCheckIntervalMs = 5_000;

export function createBrowserPool(options: BrowserPoolOptions): BrowserPool {
  const { log, tell = untold } = options;
  const seats = new Set<Seat>();
  const endings = new Set<Promise<void>>();
  let current: Promise<Seat> | undefined;
  let sandbox: boolean | undefined;
  let closing: Promise<void> | undefined;
  const sweeping = sweepChromiumFolders({ log });

  const launch = async (headed: boolean, slowMoMs: number): Promise<Seat> => {
    const startedAt = performance.now();
    const executablePath =
      typeof options.executablePath === "string" ? options.executablePath : options.executablePath();
    sandbox ??= wantsSandbox({ setting: options.sandbox, executablePath });
    const start = (withSandbox: boolean) =>
      launchChromium({ executablePath, sandbox: withSandbox, headed, slowMoMs, log });
    const chromium = await start(sandbox).catch(async (error: unknown) => {
      log.warn({ err: error, sandbox }, "Chromium did not start");
      if (sandbox !== true || options.sandbox !== "auto" || !blamesSandbox(error)) throw error;
      // Only a start tells whether a container's rules let the sandbox work.
      sandbox = false;
      const unsandboxed = await start(sandbox);
      log.warn(
        "Chromium starts only without its sandbox here; set LATCHKEY_CHROMIUM_SANDBOX to say so or to forbid it",
      );
      return unsandboxed;
    });
    if (closing !== undefined) {
      await chromium.close();
      throw closed();
    }
    const seat: Seat = {
      chromium,
      loans: new Set(),
      lent: new Set(),
      standing: new Set(chromium.browser.contexts()),
      served: 0,
      retired: false,
      memoryCheckedAt: Number.NEGATIVE_INFINITY,
    };
    seats.add(seat);
    tell({ type: "browser", what: "started" });
    chromium.browser.on("disconnected", () => onGone(seat));
    const durationMs = Math.round(performance.now() - startedAt);
    log.debug({ group: chromium.group, version: chromium.browser.version(), durationMs }, "Chromium started");
    if (!chromium.browser.isConnected()) onGone(seat);
    return seat;
  };

  const onGone = (seat: Seat) => {
    seat.retired = true;
    if (!seats.has(seat)) return;
    if (closing === undefined) {
      log.warn({ group: seat.chromium.group, contexts: seat.loans.size }, "Chromium died");
      tell({ type: "browser", what: "died" });
    }
    void end(seat);
  };

  const end = async (seat: Seat) => {
    if (!seats.delete(seat)) return;
    tell({ type: "browser", what: "ended" });
    for (const loan of seat.loans) loan.abort(closing === undefined ? crashed() : closed());
    const ending = seat.chromium.close();
    endings.add(ending);
    await ending;
    endings.delete(ending);
  };

  const currentSeat = async (): Promise<Seat> => {
    for (;;) {
      if (closing !== undefined) throw closed();
      const starting = (current ??= launch(false, 0));
      const seat = await starting.catch((error: unknown) => {
        if (current === starting) current = undefined;
        throw error;
      });
      if (!seat.retired) return seat;
      if (current === starting) current = undefined;
    }
  };

  const retire = (seat: Seat, why: string) => {
    if (seat.retired) return;
    seat.retired = true;
    tell({ type: "browser", what: "recycled" });
    log.info({ group: seat.chromium.group, served: seat.served, why }, "Chromium retired");
  };

  const endIfIdle = async (seat: Seat) => {
    if (seat.retired && seat.loans.size === 0) await end(seat);
  };

  const watchMemory = async (seat: Seat) => {
    const now = performance.now();
    if (seat.retired || now - seat.memoryCheckedAt < memoryCheckIntervalMs) return;
    seat.memoryCheckedAt = now;
    const memoryMb = await seat.chromium.memoryMb();
    if (memoryMb === undefined || memoryMb <= options.recycleMemoryMb) return;
    retire(seat, `its processes take ${Math.round(memoryMb)} MiB`);
    await endIfIdle(seat);
  };

  const lendFrom = async (seat: Seat, request: ContextRequest): Promise<LentContext> => {
    const loan = new AbortController();
    // Counted before the first await, or the browser could be closed under it.
    seat.loans.add(loan);
    seat.served += 1;
    tell({ type: "browser", what: "context_opened" });
    if (seat.served >= options.recycleContexts) retire(seat, `it served ${seat.served} contexts`);
    const giveBack = async (context: BrowserContext | undefined) => {
      const closed = context === undefined || (await within(contextCloseMs, context.close()));
      seat.loans.delete(loan);
      tell({ type: "browser", what: "context_closed" });
      if (context !== undefined) seat.lent.delete(context);
      if (hasForeignContext(seat)) retire(seat, "a flow left a context of its own open");
      if (!closed) retire(seat, "a context would not close");
      await endIfIdle(seat);
      void watchMemory(seat);
    };
    try {
      const opening = seat.chromium.browser.newContext(request.contextOptions);
      const context = await untilAborted(request.signal, opening, (late) => giveBack(late));
      seat.lent.add(context);
      let ending: Promise<void> | undefined;
      return { context, lost: loan.signal, close: () => (ending ??= giveBack(context)) };
    } catch (error) {
      if (!request.signal.aborted) await giveBack(undefined);
      throw error;
    }
  };

  const lendWarm = async (request: ContextRequest, mayRepeat = true): Promise<LentContext> => {
    const seat = await untilAborted(request.signal, currentSeat());
    try {
      return await lendFrom(seat, request);
    } catch (error) {
      if (seat.chromium.browser.isConnected() || request.signal.aborted) throw error;
      // It died between being chosen and being used: nothing of the session existed yet.
      if (mayRepeat) return lendWarm(request, false);
      throw crashed();
    }
  };

  const lendOwn = async (request: ContextRequest): Promise<LentContext> => {
    const seat = await launch(request.headed, request.slowMoMs);
    seat.retired = true;
    return lendFrom(seat, request);
  };

  const close = async () => {
    await Promise.allSettled([current, sweeping]);
    await Promise.all([...seats].map(end));
    await Promise.all(endings);
  };

  const pool: BrowserPool = {
    async lend(request) {
      request.signal.throwIfAborted();
      return request.headed || request.slowMoMs > 0 ? lendOwn(request) : lendWarm(request);
    },
    async warmUp() {
      await currentSeat();
    },
    groups: () => [...seats].map(({ chromium }) => chromium.group),
    close: () => (closing ??= close()),
    [Symbol.asyncDispose]: () => pool.close(),
  };
  return pool;
}

/**
 * Whether a context is open that was not lent. A flow reaches the browser through its page and may open contexts of its
 * own; one that it forgets is nobody's, and goes with the browser. While others open contexts it cannot be told whose
 * one is: then it is looked at when the next session ends.
 */
function hasForeignContext({ chromium, loans, lent, standing }: Seat): boolean {
  if (lent.size < loans.size) return false;
  return chromium.browser.contexts().some((context) => !lent.has(context) && !standing.has(context));
}

function crashed(): Failure {
  return new Failure("browser_crashed", "The browser died.");
}

function closed(): Failure {
  return new Failure("worker_stopping", "The worker has closed its browser.");
}

/** Chromium says why it does not start; a start that failed for another reason is no reason to go without. */
function blamesSandbox(error: unknown): boolean {
  const words = error instanceof Error && error.cause instanceof Error ? error.cause.message : "";
  return /sandbox|namespace/i.test(words);
}
